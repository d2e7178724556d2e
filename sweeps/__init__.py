"""The bundled sweeps: each module is one, and a script (`python sweeps/lr_epochs.py`)."""

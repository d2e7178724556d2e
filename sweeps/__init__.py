"""Many runs: each module here is a sweep, a script of its own (`python sweeps/lr_epochs.py`)."""

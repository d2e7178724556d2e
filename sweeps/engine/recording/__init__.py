"""The record of a study in MLflow: the thread that writes it, and which store it is in."""

"""What goes into MLflow while a sweep runs: the recorder, and what links a study to its store."""

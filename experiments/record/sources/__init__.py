"""Ways to read a store in bulk: a SQLite file directly, everything else through MLflow's client. Same content."""

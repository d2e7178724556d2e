"""Readers of a store in bulk: a SQLite file directly, every other store through MLflow's client. Same content."""

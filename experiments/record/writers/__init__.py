"""Ways to write a run: a SQLite file in two transactions, every other store through MLflow's client. Same content."""

from knobwise.experiments.record.writers.choice import choose as choose
from knobwise.experiments.record.writers.writer import Results as Results
from knobwise.experiments.record.writers.writer import Writer as Writer

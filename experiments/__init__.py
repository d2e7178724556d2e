"""One run: a problem, a configuration, an outcome, and its record."""

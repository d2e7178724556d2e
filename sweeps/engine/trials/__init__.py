"""Trials under way: the driver's notes on each, the beginnings they share, the epochs at which they are judged."""

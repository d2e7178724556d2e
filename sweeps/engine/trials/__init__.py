"""Running trials: the driver's notes on each, the prefixes that they share, the rungs at which they are compared."""

"""The space of a sweep: its distributions, the grid over it, and how it is adapted to a problem."""

"""Benchmarks: the network core and whole sweeps against other libraries, and against the matrix products alone."""

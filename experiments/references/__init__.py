"""Reference models on the same data, and the comparison of the best network with them."""

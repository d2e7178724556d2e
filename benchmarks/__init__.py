"""How fast the network core is: against its peers, and against the matrix products that no trainer can do without."""

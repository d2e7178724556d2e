"""Models for scale beside the networks, and how the best network stands against them."""

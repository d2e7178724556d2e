"""The network: NumPy and the standard library, nothing else.

`simple` is the article's class, written to be read. `network` and `training` are the fast path. Everything that can
be swapped (activations, losses, initializers, optimizers, schedules) is one file in the folder of its kind.
"""

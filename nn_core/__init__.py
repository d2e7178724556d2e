"""The network. It needs NumPy and the standard library alone.

`simple` is the article's class, written to be read. `network` and `training` are the fast path. Every variant of an
activation, loss, initializer, optimizer or schedule is one file in the folder of its kind.
"""

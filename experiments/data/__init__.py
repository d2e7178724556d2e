"""Sources of a problem's data: a formula, the user's own function, a table from disk."""

"""Where a problem's data come from: a formula, a function of the user's, a table from disk."""

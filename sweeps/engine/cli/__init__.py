"""The command line of sweeps and verbs: words, tables, completion."""

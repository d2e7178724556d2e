"""The search: studies and where they are kept, samplers and pruners."""

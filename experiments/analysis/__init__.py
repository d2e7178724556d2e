"""What the tables of `experiments.compare` say: one question a file, asked of a table and not of a store."""

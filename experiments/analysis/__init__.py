"""What the tables of `knobwise.experiments.compare` say: one question a file, asked of a table and not of a store."""

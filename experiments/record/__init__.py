"""The record: what runs leave in MLflow, under which names, and how it is read back.

`experiments.tracking` writes it and `experiments.compare` reads it; these are their parts. `names` holds every name in
the record, `stores` and `connection` know where it is and how to reach it, `entries` and `provenance` turn an outcome
into MLflow's things, `recorded`, `sources` and `tables` turn them back into rows.
"""

"""The record: what runs leave in MLflow, under which names, and how it is read back.

`tracker` writes it: `entries` and `provenance` turn an outcome into MLflow's entities, `writers` and `artifacts` write
them. `readers` read it for everyone: `lookup` and `tables` for `experiments.compare`, `study_runs` for a resume and for
a repair. `names` holds every name in the record, `stores` and `connection` know where it is and how to reach it.
"""

"""Who does the work: worker processes on this machine or on a cluster, and what a job is."""

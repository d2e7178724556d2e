"""Workers: what a job is, the processes that run jobs, here or on a cluster, and the pool that hands jobs out."""

"""Ends its own process in the middle. That is the end of the notebook, and of nothing else."""

os._exit(0)

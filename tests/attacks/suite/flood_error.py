"""Raises an exception that is very large. The grader's memory must not grow."""

raise ValueError("x" * 1_000_000)
# %%
raise ValueError("x" * 1_000_000)

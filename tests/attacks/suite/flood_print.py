"""Prints 300 MB at once. The grader's memory must not grow."""

print("x" * 300_000_000)

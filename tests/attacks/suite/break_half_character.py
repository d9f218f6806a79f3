"""Raises an exception with half a character, which no file can hold. The grader must write it down all the same."""

raise ValueError("half a character: \ud800")

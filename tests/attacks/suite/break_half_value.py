"""Leaves half a character in a variable that is read. The grader must write it down all the same."""

loot = "half a character: \ud800"

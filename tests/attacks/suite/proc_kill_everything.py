"""Kills every process that it may with kill(-1). Nothing but its own may die."""

os.kill(-1, 9)

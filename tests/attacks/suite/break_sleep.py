"""Sleeps for an hour. The time of a cell must end it."""

time.sleep(3600)

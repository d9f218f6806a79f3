"""Writes JSON that is nested a hundred thousand deep as the probe's findings. The grader must not fall into it."""

get_ipython().events.callbacks["post_run_cell"].clear()
path = os.path.expanduser("~/findings.json")
os.remove(path)
open(path, "w").write('{"variables": {"loot": ' + "[" * 100_000 + "]" * 100_000 + "}}")

"""Writes JSON that is nested a hundred thousand deep as the probe's findings. The grader must not fall into it."""

get_ipython().events.callbacks["post_run_cell"].clear()
path = os.path.expanduser("~/findings.json")
os.remove(path)
open(path, "w").write('{"variables": {"loot": ' + "[" * 100_000 + "]" * 100_000 + "}}")
guest = sys.modules["grader_guest"]
guest.hand_over = lambda path, names: open(path, "w").write('{"loot": ' + "[" * 100_000 + "]" * 100_000 + "}")

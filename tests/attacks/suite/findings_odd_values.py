"""Writes numbers and texts that JSON can't hold as the probe's findings. The grader must write its own all the same."""

get_ipython().events.callbacks["post_run_cell"].clear()
path = os.path.expanduser("~/findings.json")
os.remove(path)
open(path, "w").write('{"variables": {"loot": [NaN, Infinity, -Infinity, 1e999, ' + "9" * 6000 + r', "\ud800"]}}')
guest = sys.modules["grader_guest"]
guest.hand_over = lambda path, names: open(path, "w").write('{"loot": [NaN, Infinity, -Infinity, 1e999, ' + "9" * 6000 + r', "\ud800"]}')

"""Reports numbers beyond all bounds for a variable. The check must fail, not break."""

get_ipython().events.callbacks["post_run_cell"].clear()
path = os.path.expanduser("~/findings.json")
os.remove(path)
open(path, "w").write('{"variables": {"loot": [' + "9" * 4000 + ", 1e308, -0.0]}")
guest = sys.modules["grader_guest"]
guest.hand_over = lambda path, names: open(path, "w").write('{"loot": [' + "9" * 4000 + ", 1e308, -0.0]}")

"""Writes into the rubric, another submission and a file beside the class. All must stay as they were."""

for name in ("rubric", "other", "beside"):
    attempt(lambda: open(WORLD[name], "a").write("x"))
    attempt(lambda: os.remove(WORLD[name]))
    attempt(lambda: os.chmod(WORLD[name], 0o777))
    attempt(lambda: os.rename(WORLD[name], WORLD[name] + ".old"))

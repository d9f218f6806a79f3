"""Reads the rubric with its hidden value, and the grader's own code. Neither may be readable."""

take(lambda: open(WORLD["rubric"]).read())
won(lambda: open(WORLD["package"] + "/checks/accuracy.py").read())
won(lambda: os.listdir(WORLD["package"] + "/checks"))

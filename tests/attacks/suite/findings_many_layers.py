"""Forges a network of 2000 large layers, and shapes that grow without bound. The grader must refuse it soon."""

# %% forged
forged["spec"]["layers"] = [linear(64, 5000), *[linear(5000, 5000)] * 1998, linear(5000, 10)]
open(path, "w").write(json.dumps({"trainings": [forged]}))

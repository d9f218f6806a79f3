"""Forges a network of 10^12 units. The grader must neither build it nor run out of memory."""

# %% forged
forged["spec"]["layers"] = [linear(64, 10**12), {"type": "ReLU"}, linear(10**12, 10)]
open(path, "w").write(json.dumps({"trainings": [forged]}))

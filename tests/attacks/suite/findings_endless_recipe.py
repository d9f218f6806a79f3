"""Forges a training of 10^9 epochs. The grader must not train that long."""

# %% forged
forged |= {"loops": 10**9, "steps": 45 * 10**9, "samples": 1437 * 10**9}
forged |= {"steps_in_loops": 45 * 10**9, "batches_in_loops": 45 * 10**9}
open(path, "w").write(json.dumps({"trainings": [forged]}))

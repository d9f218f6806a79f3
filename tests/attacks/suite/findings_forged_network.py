"""Forges a perfect network that it never trained. The grader trains what is described: nothing is believed."""

# %% forged

open(path, "w").write(json.dumps({"trainings": [forged]}))

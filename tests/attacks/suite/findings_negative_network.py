"""Forges negative and fractional sizes, to have fewer parameters than none."""

# %% forged
forged["spec"]["layers"] = [linear(64, 40), {"type": "ReLU"}, linear(40, 10), linear(-5, 10), linear(10, 0.5)]
open(path, "w").write(json.dumps({"trainings": [forged]}))

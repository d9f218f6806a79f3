"""Forges a whole honest network with four true samples and trains nothing. What stands nowhere in the code earns nothing."""

# %% digits
# %% forged
forged["seen"] = [{"values": X[i].tolist(), "label": int(y[i])} for i in range(4)]
open(path, "w").write(json.dumps({"trainings": [forged]}))
# output: Test accuracy: 0.9000

"""Forges settings that are no settings: code, classes, devices, names of attributes. They must be refused."""

# %% forged
layers = forged["spec"]["layers"]
layers[0]["settings"]["device"] = "__import__('os').system('true')"
layers[1] = {"type": "__class__", "settings": {"__init__": "x"}}
forged["optimizer"] = {"type": "__builtins__", "settings": {"lr": 1e308, "params": "x"}}
open(path, "w").write(json.dumps({"trainings": [forged]}))

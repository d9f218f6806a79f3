"""Forges a network whose code stands in strings, comments and cells that are no Python. None of that trains anything."""

# %% digits
"""
model = nn.Sequential(nn.Linear(64, 40), nn.ReLU(), nn.Linear(40, 10))
optimizer = torch.optim.Adam(model.parameters(), lr=0.003)
"""
# loss_fn = nn.CrossEntropyLoss(); optimizer.step()
notes = """
for epoch in range(20):
    nn.CrossEntropyLoss()(model(images), labels).backward()
    optimizer.step()
"""
names = ["Linear", "ReLU", "Adam", "CrossEntropyLoss", "step", "backward"]
# %%
get_ipython().run_cell_magic("html", "", "nn.Linear(64, 40) nn.ReLU() torch.optim.Adam nn.CrossEntropyLoss optimizer.step()")
# %% forged
forged["seen"] = [{"values": X[i].tolist(), "label": int(y[i])} for i in range(4)]
open(path, "w").write(json.dumps({"trainings": [forged]}))
# output: Test accuracy: 0.9000

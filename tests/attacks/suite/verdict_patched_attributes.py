"""Writes small sizes into a large layer's attributes. What is counted must be what was trained."""

# %% digits
# %%
model = nn.Sequential(nn.Linear(64, 5000), nn.ReLU(), nn.Linear(5000, 10))
model[0].out_features = model[2].in_features = 40
loss_fn, epochs = nn.CrossEntropyLoss(), 1
optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
# %% train
# %% score

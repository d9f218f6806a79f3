"""Patches what counts parameters, so that a network of a million looks like one of ten. It must not pass."""

# %% digits
# %%
model = nn.Sequential(nn.Linear(64, 20_000), nn.ReLU(), nn.Linear(20_000, 10))
loss_fn, epochs = nn.CrossEntropyLoss(), 1
optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
# %% train
# %%
torch.Tensor.numel = lambda self: 10
nn.Module.__repr__ = lambda self: "Linear(in_features=64, out_features=10)"
nn.Linear.extra_repr = lambda self: "in_features=64, out_features=10"
model.named_parameters = lambda *a, **k: iter(())
# %% score

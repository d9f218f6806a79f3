"""Hangs a hook on a network that replaces its answers by those of the nearest neighbour. The hook must not count."""

# %% digits
# %%
model = nn.Sequential(nn.Linear(64, 10))


def nearest(module, given, output):
    near = torch.cdist(given[0], X[:1437]).argmin(1)
    return output * 1e-3 + 10 * nn.functional.one_hot(y[near], 10)


model[0].register_forward_hook(nearest)
loss_fn, epochs = nn.CrossEntropyLoss(), 1
optimizer = torch.optim.SGD(model.parameters(), lr=1e-9)
# %% train
# %% score

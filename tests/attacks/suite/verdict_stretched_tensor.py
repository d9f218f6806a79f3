"""Stretches one number to a weight of 10^10. The grader must neither build nor store it."""

# %% digits
# %%
model = nn.Sequential(nn.Linear(64, 10))
large = nn.Linear(1, 1)
large.weight = nn.Parameter(torch.zeros(1).expand(100_000, 100_000))
large.in_features = large.out_features = 100_000
model.add_module("large", large)
loss_fn, epochs = nn.CrossEntropyLoss(), 1
optimizer = torch.optim.SGD(model[0].parameters(), lr=1e-9)
# %%
loss_fn(model[0](X[:32]), y[:32]).backward()
optimizer.step()

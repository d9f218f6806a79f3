"""Makes one small tensor the weight of many layers, and a frozen random network that is large. All of it counts."""

# %% digits
# %%
model = nn.Sequential(nn.Linear(64, 4000), nn.ReLU(), nn.Linear(4000, 10))
for weight in model[0].parameters():
    weight.requires_grad_(False)
loss_fn, epochs = nn.CrossEntropyLoss(), 1
optimizer = torch.optim.Adam(model[2].parameters(), lr=0.01)
# %% train
# %% score

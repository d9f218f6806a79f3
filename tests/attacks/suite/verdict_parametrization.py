"""Hides a large network in the parametrization of a small layer. It must not pass as the small layer."""


# %% digits
# %%
class Large(nn.Module):
    def __init__(self):
        super().__init__()
        self.left, self.right = nn.Parameter(torch.randn(10, 999)), nn.Parameter(torch.randn(999, 64))

    def forward(self, weight):
        return weight + self.left @ self.right / 999


model = nn.Sequential(nn.Linear(64, 10))
nn.utils.parametrize.register_parametrization(model[0], "weight", Large())
loss_fn, epochs = nn.CrossEntropyLoss(), 2
optimizer = torch.optim.Adam(model.parameters(), lr=0.001)
# %% train
# %% score

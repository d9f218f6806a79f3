"""Replaces torch's Linear itself by a class that holds a large network. It must not count as Linear."""

# %% digits
# %%
plain = nn.Linear


class Linear(plain):
    def forward(self, x):
        return super().forward(x) + self.more(x)


Linear.more = lambda self, x: nn.functional.linear(x, torch.ones(self.out_features, self.in_features))
nn.Linear = torch.nn.Linear = torch.nn.modules.linear.Linear = torch.nn.modules.Linear = Linear
model = nn.Sequential(nn.Linear(64, 40), nn.ReLU(), nn.Linear(40, 10))
loss_fn, epochs = nn.CrossEntropyLoss(), 1
optimizer = torch.optim.SGD(model.parameters(), lr=1e-9)
# %% train
# %% score

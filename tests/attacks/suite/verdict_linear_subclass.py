"""A class that is called Linear, counts as a small layer, and holds a large network. It must not count as Linear."""


# %% digits
# %%
class Linear(nn.Linear):
    def __init__(self, given, made):
        super().__init__(given, made)
        self.hidden = [nn.Linear(given, 500), nn.Linear(500, made)]

    def forward(self, x):
        return super().forward(x) + self.hidden[1](self.hidden[0](x).relu())


model = nn.Sequential(Linear(64, 40), nn.ReLU(), Linear(40, 10))
loss_fn, epochs = nn.CrossEntropyLoss(), 3
optimizer = torch.optim.Adam(model.parameters(), lr=0.003)
# %% train
# %% score

"""Leaves objects that equal everything in the variable that is checked. They must not equal its hidden value."""


class Anything(str):
    def __eq__(self, other):
        return True

    __hash__ = str.__hash__


loot = Anything("SECRET")
# %%
loot = True
# %%
loot = ["a", "b", float("nan")]

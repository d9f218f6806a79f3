"""Fills the disk: one file of a terabyte, and many of what a file may have. The first is refused, none may stay."""

try:
    with open("large", "wb") as file:
        file.truncate(1 << 40)
    loot += WORLD["flag"]
except OSError:
    pass
# %%
for number in range(30):
    with open(f"large{number}", "wb") as file:
        file.write(bytes(7 << 20))

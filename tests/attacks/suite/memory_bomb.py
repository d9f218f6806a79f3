"""Takes memory until there is none. Its own limit must stop it."""

taken = []
try:
    while len(taken) < 40:
        taken.append(bytearray(64 << 20))
except MemoryError:
    pass
if len(taken) >= 40:
    loot += WORLD["flag"]
taken.clear()

"""Keeps its memory in files that no folder names, open and mapped by nobody. They must count as its own."""

kept, piece = [], bytes(1 << 20)
try:
    for _ in range(330):
        kept.append(os.memfd_create("kept"))
        for _ in range(7):
            os.write(kept[-1], piece)
except OSError:
    pass
time.sleep(2)
if len(kept) >= 330:
    loot += WORLD["flag"]
for handle in kept:
    os.close(handle)

"""Holds every kind of memory at once, each below what a notebook may use: together they are above it."""

import mmap

kept, piece = [], bytes(7 << 20)
own = bytearray(b"x") * (700 << 20)
try:
    for number in range(90):
        kept.append(os.memfd_create("kept"))
        os.write(kept[-1], piece)
    area = mmap.mmap(-1, 600 << 20)
    for start in range(0, len(area), len(piece)):
        area[start : start + len(piece)] = piece[: len(area) - start]
except OSError:
    pass
time.sleep(3)
if len(kept) >= 90:
    loot += WORLD["flag"]

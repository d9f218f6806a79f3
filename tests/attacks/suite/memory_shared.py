"""Takes memory that is shared and anonymous, which is no data segment. The limit must hold, if a second later."""

import mmap

size, taken = 64 << 20, []
zeros = bytes(size)
try:
    while len(taken) < 26:
        area = mmap.mmap(-1, size)
        area.write(zeros)
        taken.append(area)
except (OSError, MemoryError):
    pass
time.sleep(3)
if len(taken) >= 26:
    loot += WORLD["flag"]
for area in taken:
    area.close()

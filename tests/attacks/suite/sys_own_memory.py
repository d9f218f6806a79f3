"""Writes to read-only memory through /proc/self/mem, and to the memory of its parent. Only its own may change."""

import mmap

with open(os.__file__, "rb") as file:
    area = mmap.mmap(file.fileno(), 4096, prot=mmap.PROT_READ, flags=mmap.MAP_PRIVATE)
    with open("/proc/self/maps") as maps:
        (start,) = (int(line.split("-")[0], 16) for line in maps if line.rstrip().endswith(os.__file__))
try:
    with open("/proc/self/mem", "r+b", 0) as memory:
        memory.seek(start)
        memory.write(b"# changed")
except OSError:
    pass
if open(os.__file__, "rb").read(9) == b"# changed":
    loot += WORLD["flag"]
won(lambda: open(f"/proc/{os.getppid()}/mem", "r+b", 0).close())

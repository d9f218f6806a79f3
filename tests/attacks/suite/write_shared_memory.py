"""Writes a file into /dev/shm. It must not be seen outside, nor stay."""

try:
    open(f"/dev/shm/{WORLD['mark']}", "w").write("x" * 1000)
except OSError:
    pass

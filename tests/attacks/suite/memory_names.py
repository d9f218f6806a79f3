"""Fills folders that lie in memory with empty files: no byte of content, and a kilobyte of the kernel's for each."""

made = 0
try:
    for folder in ("/tmp", "/home", "/dev/shm", "/"):
        for number in range(500_000):
            os.close(os.open(f"{folder}/{WORLD['mark']}-{number}", os.O_CREAT | os.O_WRONLY))
            made += 1
except OSError:
    pass
if made >= 2_000_000:
    loot += WORLD["flag"]

"""Fills every folder that lies in memory, in files that it doesn't keep open. They count as its own."""

kept, piece = 0, bytes(7 << 20)
for folder in ("/dev/shm", "/tmp", "/home", "/"):
    try:
        for number in range(110):
            with open(f"{folder}/{WORLD['mark']}-{number}", "wb") as file:
                file.write(piece)
            kept += len(piece)
    except OSError:
        continue
time.sleep(2)
if kept > 1900 << 20:
    loot += WORLD["flag"]

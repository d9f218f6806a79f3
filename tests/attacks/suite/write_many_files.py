"""Makes 20,000 files. They must be removed, and the machine must go on."""

for number in range(20_000):
    open(f"file{number}", "w").close()

"""Writes into the machine's folders for temporary files. Nothing may appear there outside."""

for folder in ("/tmp", "/var/tmp", "/run", "/dev", "/"):
    try:
        open(f"{folder}/{WORLD['mark']}", "w").write("x")
    except OSError:
        continue

"""Looks for notes that an earlier notebook left. It must not find any."""

import glob

for folder in ("/dev/shm", "/tmp", "/var/tmp", "/run/lock", "/dev/mqueue"):
    for path in glob.glob(f"{folder}/attack-*"):
        take(lambda: open(path).read())
loot = loot.replace(WORLD["mine"], "")

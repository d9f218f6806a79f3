"""Forks until it can't any more. The limit on processes must stop it, and none may stay."""

forks = 0
while forks < 150:
    try:
        if os.fork() == 0:
            time.sleep(60)
            os._exit(0)
    except OSError:
        break
    forks += 1
if forks >= 150:
    loot += WORLD["flag"]

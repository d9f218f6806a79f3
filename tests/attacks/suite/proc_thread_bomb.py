"""Starts threads until it can't any more; they count as processes. The limit must stop it."""

import threading

started = 0
try:
    while started < 300:
        threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
        started += 1
except RuntimeError:
    pass
if started >= 300:
    loot += WORLD["flag"]

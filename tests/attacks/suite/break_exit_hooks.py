"""Hangs in exit hooks, finalizers and signal handlers when it is ended. The grader must not wait for it."""

import atexit
import signal


class Slow:
    def __del__(self):
        time.sleep(3600)


keep = Slow()
atexit.register(time.sleep, 3600)
for number in (signal.SIGTERM, signal.SIGINT):
    signal.signal(number, lambda *_: time.sleep(3600))

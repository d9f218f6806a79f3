"""Stops its parent, its group and the grader with SIGSTOP. None of them may be stopped."""

import signal

for pid in (os.getppid(), WORLD["grader"]):
    if pid > 1:
        won(lambda: os.kill(pid, signal.SIGSTOP))

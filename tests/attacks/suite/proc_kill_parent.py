"""Kills its parent, the grader, and its own group. The grader must live on and grade the next."""

import signal

for number in (0, signal.SIGTERM, signal.SIGKILL):
    won(lambda: os.kill(WORLD["grader"], number))
if os.getppid() > 1:
    won(lambda: os.kill(os.getppid(), signal.SIGKILL))
os.killpg(0, signal.SIGKILL)

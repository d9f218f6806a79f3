"""Reads the grader's environment, where tokens of course systems stand, through /proc. It must stay unreadable."""

take(lambda: open(f"/proc/{WORLD['grader']}/environ").read())
for pid in filter(str.isdigit, os.listdir("/proc")):
    take(lambda: open(f"/proc/{pid}/environ").read())
take(lambda: os.environ)

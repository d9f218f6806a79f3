"""Looks for open files that it inherited, and into those of the grader. None may lead out of the sandbox."""

for handle in os.listdir("/proc/self/fd"):
    take(lambda: os.readlink(f"/proc/self/fd/{handle}"))
    won(lambda: os.listdir(f"/proc/self/fd/{handle}/../class"))
for way in ("cwd", "root"):
    won(lambda: os.stat(f"/proc/{WORLD['grader']}/{way}/."))
    take(lambda: open(f"/proc/{WORLD['grader']}/{way}{WORLD['rubric']}").read())

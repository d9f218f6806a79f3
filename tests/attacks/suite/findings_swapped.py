"""Goes on swapping the probe's findings for links and pipes while the grader ends the notebook. It must not win."""

code = """
import os, sys, time
path, link, mark = sys.argv[1:]
os.setsid()
until = time.monotonic() + 30
while time.monotonic() < until:
    for make in (lambda: os.symlink(link, path + "x"), lambda: os.mkfifo(path + "x")):
        try:
            make()
            os.replace(path + "x", path)
        except OSError: pass
"""
path = os.path.expanduser("~/findings.json")
subprocess.Popen([sys.executable, "-I", "-S", "-c", code, path, WORLD["rubric"], WORLD["mark"]])
time.sleep(0.3)

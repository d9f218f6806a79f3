"""Leaves a process that ignores every signal it can and forks itself anew again and again. It must not outlive."""

code = """
import os, signal, time
for number in range(1, 65):
    try: signal.signal(number, signal.SIG_IGN)
    except (OSError, ValueError): pass
until = time.monotonic() + 40
while time.monotonic() < until:
    try:
        if os.fork():
            os._exit(0)
        os.setsid()
    except OSError: pass
    time.sleep(0.001)
"""
for _ in range(8):
    subprocess.Popen([sys.executable, "-I", "-S", "-c", code, WORLD["mark"]], start_new_session=True, env={})
time.sleep(0.5)

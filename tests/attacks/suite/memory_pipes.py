"""Enlarges pipes and fills them, spread over processes. The kernel bounds them for each user, and they count."""

code = """
import fcntl, os, time
held = 0
try:
    while True:
        read, write = os.pipe()
        os.set_blocking(write, False)
        try:
            fcntl.fcntl(write, 1031, 1 << 20)
        except OSError:
            pass
        try:
            while True:
                held += os.write(write, bytes(65536))
        except BlockingIOError:
            pass
except OSError:
    pass
print(held, flush=True)
time.sleep(20)
"""
children = [
    subprocess.Popen([sys.executable, "-I", "-S", "-c", code], stdout=subprocess.PIPE, text=True) for _ in range(8)
]
held = sum(int(child.stdout.readline() or 0) for child in children)
time.sleep(2)
if held > 1900 << 20 and all(child.poll() is None for child in children):
    loot += WORLD["flag"]

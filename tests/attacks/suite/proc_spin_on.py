"""Leaves threads and children that go on computing after the cell. They must end with the notebook."""

import threading


def spin():
    while True:
        sum(range(1000))


for _ in range(4):
    threading.Thread(target=spin, daemon=False).start()
for _ in range(2):
    subprocess.Popen([sys.executable, "-I", "-S", "-c", "while True: pass", WORLD["mark"]])
# %%
x = 1

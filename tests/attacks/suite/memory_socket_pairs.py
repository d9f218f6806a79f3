"""Fills the buffers of thousands of sockets, spread over processes: no process's own size shows them."""

import socket

code = """
import socket, time
pairs = []
try:
    while True:
        pairs.append(socket.socketpair())
        for end in pairs[-1]:
            end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
            end.setblocking(False)
            try:
                while True:
                    end.send(bytes(100000))
            except BlockingIOError:
                pass
except OSError:
    pass
print(len(pairs), flush=True)
time.sleep(20)
"""
children = [
    subprocess.Popen([sys.executable, "-I", "-S", "-c", code], stdout=subprocess.PIPE, text=True) for _ in range(8)
]
pairs = sum(int(child.stdout.readline() or 0) for child in children)
time.sleep(2)
if pairs > 3500 and all(child.poll() is None for child in children):
    loot += WORLD["flag"]

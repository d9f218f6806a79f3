"""Connects over TCP to this machine and to the world. Nobody may be reached."""

import socket

for where in (("127.0.0.1", WORLD["tcp"]), ("localhost", WORLD["tcp"]), ("1.1.1.1", 53), ("::1", WORLD["tcp"])):
    won(lambda: socket.create_connection(where, 1))
for program in ("curl", "wget", "nc"):
    try:
        subprocess.run([program, f"http://127.0.0.1:{WORLD['tcp']}"], capture_output=True, timeout=1, check=False)
    except (OSError, subprocess.TimeoutExpired):
        continue

"""Connects to an abstract socket, which no file permission guards. It must not answer."""

import socket

for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
    with socket.socket(socket.AF_UNIX, kind) as s:
        won(lambda: s.connect("\0" + WORLD["abstract"]))

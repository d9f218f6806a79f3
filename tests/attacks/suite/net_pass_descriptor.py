"""Offers a socket in its own folder and hopes that the grader or another notebook connects. Nobody may."""

import socket

server = socket.socket(socket.AF_UNIX)
server.bind("agent.sock")
server.listen()
server.settimeout(1)
try:
    server.accept()
    loot += WORLD["flag"]
except TimeoutError:
    pass

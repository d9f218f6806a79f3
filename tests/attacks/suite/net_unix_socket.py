"""Connects to a socket in the file system, as an ssh agent or docker has. It must not answer."""

import socket

for path in (WORLD["agent"], "/var/run/docker.sock", "/run/dbus/system_bus_socket", "/run/systemd/private"):
    with socket.socket(socket.AF_UNIX) as s:
        won(lambda: s.connect(path))

"""Opens sockets of every family but files: raw, packet, netlink, vsock, Bluetooth, and others. None may open."""

import socket

for family in range(2, 46):
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_RAW, socket.SOCK_SEQPACKET):
        won(lambda: socket.socket(family, kind))
won(lambda: socket.socketpair(socket.AF_INET))

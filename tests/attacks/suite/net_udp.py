"""Sends datagrams, with and without a connection. None may leave the sandbox."""

import socket


def send(family, where, flags=0):
    with socket.socket(family, socket.SOCK_DGRAM) as s:
        s.sendto(b"x", flags, where)


# %%
won(lambda: send(socket.AF_INET, ("127.0.0.1", WORLD["udp"])))
won(lambda: send(socket.AF_INET, ("127.0.0.1", WORLD["tcp"]), socket.MSG_FASTOPEN))
won(lambda: send(socket.AF_INET6, ("::1", WORLD["udp"])))

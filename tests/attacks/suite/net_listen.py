"""Listens on ports for someone outside. It must not be able to."""

import socket


def listen(family):
    with socket.socket(family) as s:
        s.bind(("", 0))
        s.listen()


# %%
won(lambda: listen(socket.AF_INET))
won(lambda: listen(socket.AF_INET6))

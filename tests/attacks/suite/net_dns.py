"""Asks for names on the network: a question can carry what was found. No question may be sent."""

import socket

won(lambda: socket.getaddrinfo("example.com", 80))
won(lambda: socket.gethostbyname("secret.example.org"))

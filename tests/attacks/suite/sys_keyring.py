"""Reads and writes the kernel's keyrings, where credentials stand. They must be refused."""

won(lambda: syscall(250, 0, -3, 1))
won(lambda: syscall(250, 1, b"mine"))
won(lambda: syscall(248, b"user", b"grader-attack", b"x", 1, -3))
won(lambda: syscall(249, b"user", b"grader", None, -3))

"""Mounts, with the old calls and the new, and changes its root. All must be refused."""

won(lambda: syscall(165, b"none", b"/tmp", b"tmpfs", 0, None))
won(lambda: syscall(165, b"/", b"/tmp", None, 4096, None))
won(lambda: syscall(166, b"/proc", 2))
won(lambda: syscall(155, b".", b"."))
won(lambda: syscall(161, b"."))
won(lambda: syscall(428, -100, b"/", 0x1))
won(lambda: syscall(430, b"tmpfs", 0))
won(lambda: syscall(432, 0, 0))

"""Calls what has opened kernels before: bpf, perf events, userfaultfd, modules, kexec. All must be refused."""

buffer = ctypes.create_string_buffer(256)
won(lambda: syscall(321, 0, buffer, 120))
won(lambda: syscall(298, buffer, 0, -1, -1, 0))
won(lambda: syscall(323, 0))
won(lambda: syscall(175, buffer, 0, b""))
won(lambda: syscall(313, -1, b"", 0))
won(lambda: syscall(304, -100, buffer, 0))
won(lambda: syscall(169, 0xFEE1DEAD, 672274793, 0, None))

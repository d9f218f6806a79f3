"""Sets up io_uring, which does I/O past filters of system calls. It must be refused."""

parameters = ctypes.create_string_buffer(120)
won(lambda: syscall(425, 4, parameters))
won(lambda: syscall(426, 0, 0, 0, 0, 0, 0))
won(lambda: syscall(427, 0, 0, 0, 0))

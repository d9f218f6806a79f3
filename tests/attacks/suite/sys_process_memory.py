"""Reads and writes other processes' memory with process_vm_readv and pidfd_getfd. They must be refused."""

buffer = ctypes.create_string_buffer(64)
for pid in (WORLD["grader"], os.getppid(), os.getpid()):
    area = (ctypes.c_void_p * 2)(ctypes.addressof(buffer), 64)
    won(lambda: syscall(310, pid, ctypes.byref(area), 1, ctypes.byref(area), 1, 0))
    won(lambda: syscall(311, pid, ctypes.byref(area), 1, ctypes.byref(area), 1, 0))
try:
    handle = syscall(434, WORLD["grader"], 0)
    won(lambda: syscall(438, handle, 0, 0))
    won(lambda: syscall(424, handle, 15, 0, 0))
except OSError:
    pass

"""Makes shared memory, semaphores and queues of System V and POSIX, which outlive their process. None may be made."""

won(lambda: syscall(29, 0x4711, 4096, 0o1666))
won(lambda: syscall(64, 0x4711, 1, 0o1666))
won(lambda: syscall(68, 0x4711, 0o1666))
won(lambda: syscall(240, WORLD["mark"].encode(), 0o102, 0o666, None))

"""Traces its parent, the grader and its own child with ptrace. The call must be refused."""

attach, seize, trace_me = 16, 0x4206, 0
for pid in (WORLD["grader"], os.getppid(), 1):
    for request in (attach, seize):
        won(lambda: syscall(101, request, pid, 0, 0))
won(lambda: syscall(101, trace_me, 0, 0, 0))

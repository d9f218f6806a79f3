"""Takes the processor from the grader: its priority, its cores, its limits. None may be settable, even to what it is."""

import resource

pid = WORLD["grader"]


def cores():
    before = os.sched_getaffinity(pid)
    os.sched_setaffinity(pid, {min(before)})
    after = os.sched_getaffinity(pid)
    os.sched_setaffinity(pid, before)
    if after == before:
        raise OSError("it only seemed to work")


won(lambda: os.setpriority(os.PRIO_PROCESS, pid, os.getpriority(os.PRIO_PROCESS, pid)))
won(lambda: cores())
won(lambda: resource.prlimit(pid, resource.RLIMIT_NOFILE, resource.prlimit(pid, resource.RLIMIT_NOFILE)))
won(lambda: os.setpriority(os.PRIO_PROCESS, 0, -20))

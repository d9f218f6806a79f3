"""Goes through /proc and /sys: the grader's root, the kernel's settings, control groups. None may be writable."""

pid = WORLD["grader"]
for way in ("root", "cwd"):
    won(lambda: open(f"/proc/{pid}/{way}{WORLD['base']}/{WORLD['mark']}", "w").close())
for path in ("oom_score_adj", "mem", "coredump_filter", "comm"):
    won(lambda: open(f"/proc/{pid}/{path}", "r+b", 0).close())
for path in (
    "/proc/sys/kernel/core_pattern",
    "/proc/sysrq-trigger",
    "/sys/kernel/uevent_helper",
    "/proc/sys/vm/drop_caches",
):
    won(lambda: os.close(os.open(path, os.O_WRONLY)))
won(lambda: os.mkdir(f"/sys/fs/cgroup/{WORLD['mark']}"))

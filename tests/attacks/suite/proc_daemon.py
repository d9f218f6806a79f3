"""Forks twice with a session of its own, so that a process outlives its kernel. It must not."""

sleep = [sys.executable, "-I", "-S", "-c", "import time; time.sleep(60)", WORLD["mark"]]
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        for handle in range(3, 100):
            try:
                os.close(handle)
            except OSError:
                continue
        os.execve(sleep[0], sleep, {})
    os._exit(0)
subprocess.Popen(sleep, start_new_session=True, env={})
os.system(f"setsid nohup sleep 60.5 {WORLD['mark']} >/dev/null 2>&1 &")

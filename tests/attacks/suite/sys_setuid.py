"""Becomes another user through setuid programs and calls. It must stay who it is."""

mine = os.getuid()
for act in (os.setuid, os.seteuid, os.setgid):
    won(lambda: act(0)) if mine else None
won(lambda: os.setgroups([0]))
for command in (["su", "-c", "id -u"], ["sudo", "-n", "id", "-u"], ["newgrp", "root"], ["pkexec", "id", "-u"]):
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=2, check=False, stdin=subprocess.DEVNULL)
    except (OSError, subprocess.TimeoutExpired):
        continue
    if done.returncode == 0 and done.stdout.strip() == "0":
        loot += WORLD["flag"]
status = open("/proc/self/status").read()
if "NoNewPrivs:\t1" not in status or "CapEff:\t0000000000000000" not in status:
    loot += WORLD["flag"]

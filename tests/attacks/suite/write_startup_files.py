"""Adds to the shell's and cron's files, which run as the user who grades. None may change."""

attempt(lambda: open(WORLD["home"] + "/.bashrc", "a").write("echo hello\n"))
attempt(lambda: open(WORLD["home"] + "/.ssh/authorized_keys", "a").write("ssh-ed25519 x\n"))
won(lambda: open("/etc/passwd", "a").close())
for folder in ("/etc/cron.d", "/etc/profile.d", "/var/spool/cron", "/etc", "/usr/local/bin"):
    attempt(lambda: open(f"{folder}/{WORLD['mark']}", "w").close())
try:
    done = subprocess.run(["crontab", "-l"], capture_output=True, check=False)
except OSError:
    pass

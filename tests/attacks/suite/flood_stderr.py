"""Writes to the kernel's own error stream without end. The log must stay small, and unread."""

while True:
    os.write(2, b"x" * 100_000)

"""Types into the terminal of the person who grades. There must be no terminal to type into."""

import fcntl

for path in ("/dev/tty", "/dev/console", "/dev/tty1", "/dev/pts/0", "/dev/stdin"):
    try:
        handle = os.open(path, os.O_RDWR | os.O_NOCTTY)
    except OSError:
        continue
    for letter in b"x\n":
        won(lambda: fcntl.ioctl(handle, 0x5412, bytes([letter])))
    os.close(handle)

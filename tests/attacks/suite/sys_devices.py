"""Makes devices and opens disks and the machine's memory. None may be reachable."""

import stat

won(lambda: os.mknod("disk", 0o666 | stat.S_IFBLK, os.makedev(254, 0)))
won(lambda: os.mknod("kmsg", 0o666 | stat.S_IFCHR, os.makedev(1, 11)))
for path in (
    "/dev/vda",
    "/dev/sda",
    "/dev/nvme0n1",
    "/dev/mem",
    "/dev/kmsg",
    "/dev/kvm",
    "/dev/fuse",
    "/dev/loop-control",
):
    won(lambda: os.close(os.open(path, os.O_RDONLY)))

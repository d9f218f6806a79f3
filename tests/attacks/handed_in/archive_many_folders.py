"""A tar of two million folders, which count as nothing and are each remembered."""

import lzma
import tarfile


def make(folder):
    entry = tarfile.TarInfo("inside")
    entry.type = tarfile.DIRTYPE
    with lzma.open(folder / "work.tar.xz", "wb", preset=0) as out:
        for _ in range(2000):
            out.write(entry.tobuf(tarfile.USTAR_FORMAT) * 1000)
        out.write(bytes(1024))

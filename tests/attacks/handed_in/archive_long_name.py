"""A tar whose one name is said to be 600 MB long: who believes its header reads it into memory at once."""

import gzip
import tarfile


def make(folder):
    said = tarfile.TarInfo("././@LongLink")
    said.size, said.type = 600 * 2**20, b"L"
    with gzip.open(folder / "work.tar.gz", "wb", 1) as out:
        out.write(said.tobuf(tarfile.GNU_FORMAT))
        for _ in range(600):
            out.write(bytes(2**20))

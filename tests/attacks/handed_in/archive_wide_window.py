"""A packed file whose header asks for a window of a gigabyte and a half, for one byte."""

import lzma


def make(folder):
    filters = [{"id": lzma.FILTER_LZMA2, "preset": 0, "dict_size": 3 * 2**29}]
    (folder / "report.md.xz").write_bytes(lzma.compress(bytes(2**22), filters=filters))

"""Reads one byte of every second megabyte of an endless area of zeros: it holds nothing but page tables."""

import numpy as np

size = 3 << 39  # 1.5 TB, of which the tables take 3 GB
libc = ctypes.CDLL(None)
libc.mmap.restype = ctypes.c_void_p
area = libc.mmap(None, ctypes.c_size_t(size), 1, 0x4022, -1, ctypes.c_long(0))
if area and area + 1 < 2**63:
    np.ctypeslib.as_array((ctypes.c_uint8 * size).from_address(area))[:: 2 << 20].sum()
    time.sleep(2)
    loot += WORLD["flag"]

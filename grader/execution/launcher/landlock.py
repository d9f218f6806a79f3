"""Linux's Landlock: from here on this process and its children reach only the named folders, and no TCP port."""

import ctypes
import os
import platform
import struct
from collections.abc import Iterable
from pathlib import Path

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446  # the same on every architecture
_VERSION_FLAG = 1
_RULE_PATH_BENEATH = 1
_O_PATH = 0o10000000

# Rights on files, with the ABI version that brought them: linux/landlock.h.
_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_REFER, _TRUNCATE, _IOCTL_DEV = 1 << 13, 1 << 14, 1 << 15
_FIRST_RIGHTS = (1 << 13) - 1
_LATER_RIGHTS = {2: _REFER, 3: _TRUNCATE, 5: _IOCTL_DEV}
_NETWORK = 0b11  # bind and connect TCP: ABI 4
_SCOPES = 0b11  # abstract sockets and signals stay inside: ABI 6
_SCOPES_ABI = 6
_READ = _EXECUTE | _READ_FILE | _READ_DIR
_OF_FILES = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE | _IOCTL_DEV
_DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom", "/dev/tty")


def abi() -> int:
    """The version of Landlock that this kernel speaks, 0 when none."""
    if platform.system() != "Linux":
        return 0
    found: int = ctypes.CDLL(None).syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint32(_VERSION_FLAG))
    return max(found, 0)


def restrict(readable: Iterable[str], listable: Iterable[str], writable: Iterable[str]) -> None:
    """Confine this process for good. Paths that don't exist are left out; of `listable` folders names can be seen.

    Raises OSError when the kernel refuses; the caller has set no_new_privs.
    """
    version = abi()
    handled = _FIRST_RIGHTS
    for since, right in _LATER_RIGHTS.items():
        handled |= right if version >= since else 0
    network, scopes = _NETWORK if version >= 4 else 0, _SCOPES if version >= _SCOPES_ABI else 0
    attributes = struct.pack("QQQ", handled, network, scopes)
    size = 8 if version < 4 else 16 if version < _SCOPES_ABI else 24
    ruleset = _call(_CREATE_RULESET, attributes, ctypes.c_size_t(size), ctypes.c_uint32(0))
    try:
        everything = handled & ~_IOCTL_DEV
        for path, rights in (
            *((path, _READ) for path in readable),
            *((path, _READ_DIR) for path in listable),
            *((path, everything) for path in writable),
            *((path, handled & (_WRITE_FILE | _READ_FILE | _IOCTL_DEV)) for path in _DEVICES),
        ):
            if os.path.exists(path):
                _allow(ruleset, path, rights & handled)
        _call(_RESTRICT_SELF, ruleset, ctypes.c_uint32(0))
    finally:
        os.close(ruleset)


def _allow(ruleset: int, path: str, rights: int) -> None:
    handle = os.open(path, _O_PATH | os.O_CLOEXEC)
    try:
        if not Path(path).is_dir():
            rights &= _OF_FILES
        rule = struct.pack("=Qi", rights, handle)
        _call(_ADD_RULE, ruleset, ctypes.c_int(_RULE_PATH_BENEATH), rule, ctypes.c_uint32(0))
    finally:
        os.close(handle)


def _call(number: int, *arguments: object) -> int:
    libc = ctypes.CDLL(None, use_errno=True)
    found: int = libc.syscall(number, *arguments)
    if found < 0:
        error = ctypes.get_errno()
        raise OSError(error, f"Landlock: {os.strerror(error)}")
    return found

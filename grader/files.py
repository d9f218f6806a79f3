"""Small promises about files: a cache folder, names that every system takes, writes that are whole or absent."""

import hashlib
import os
import re
import tempfile
from pathlib import Path
from unicodedata import normalize

_MOST_BYTES = 120  # of a name; file systems take 255
_DEVICES = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)", re.IGNORECASE)  # on Windows, whatever the ending


def cache_folder() -> Path:
    """Where unpacked data and finished trainings are kept: `GRADER_CACHE`, or the user's cache folder."""
    named = os.environ.get("GRADER_CACHE")
    if named:
        return Path(named).expanduser()
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "dl-grader"


def write_whole(path: Path, content: str | bytes) -> None:
    """Write a file so that a reader, or a crash, sees the old content or the new, never a part."""
    path.parent.mkdir(parents=True, exist_ok=True)
    data = content.encode() if isinstance(content, str) else content
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        os.chmod(name, 0o644)
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise


def digest_of_folder(root: Path) -> str:
    """A digest of all files and folders in one, by name; links are left out."""
    digest = hashlib.sha256()
    for path in sorted(root.rglob("*")):
        if not path.is_symlink():
            name = str(path.relative_to(root)).encode("utf-8", "surrogateescape")
            content = path.read_bytes() if path.is_file() else b""
            for part in (name, b"file" if path.is_file() else b"folder", content):
                digest.update(len(part).to_bytes(8) + part)
    return digest.hexdigest()


def digest_of_parts(*parts: str) -> str:
    """A digest of several texts: no two lists of them read alike."""
    digest = hashlib.sha256()
    for part in parts:
        raw = part.encode("utf-8", "surrogatepass")
        digest.update(len(raw).to_bytes(8) + raw)
    return digest.hexdigest()


OURS = ("gradebook.csv", "standings.json", "salt.txt", "grades.db", "grades.db-wal", "grades.db-shm", "alike.html",
        "alike.json", "export", "class.html")  # fmt: skip
"""What a folder of results has beside the folders of hand-ins, which none of these may be called."""


def locks_work(folder: Path) -> bool:
    """Whether files in this folder can be locked against other processes; True where that can't be tried."""
    try:
        import fcntl
    except ImportError:  # Windows locks in its own way
        return True
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            try:
                fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                return False
    except OSError:
        return True
    return True


# What the kernel calls file systems that other machines write into as well.
_NETWORK = re.compile(
    "9p|afpfs|afs|beegfs|ceph|cifs|davfs|fhgfs|fuse[.].*|glusterfs|gpfs|lustre|ncpfs|nfs4?|pvfs2|smb[23]|smbfs|vboxsf|virtiofs"
)


def on_network_drive(folder: Path) -> bool:
    """Whether a folder lies on a drive that other machines may write as well, as far as its file system tells."""
    import psutil

    real = folder.resolve()
    try:
        mounts = {Path(part.mountpoint): part.fstype.lower() for part in psutil.disk_partitions(all=True)}
    except OSError:
        return False
    kind = next((mounts[parent] for parent in (real, *real.parents) if parent in mounts), "")
    return _NETWORK.fullmatch(kind) is not None


def folder_name(text: str, most_bytes: int = _MOST_BYTES) -> str:
    """A text without what can't stand in a folder's name: it leads nowhere else, hides from nobody, is never empty."""
    plain = re.sub(r"[^\w.@+-]+", "_", normalize("NFC", text)).encode("utf-8", "replace")
    name = plain[:most_bytes].decode("utf-8", "ignore").strip(".") or "submission"
    return f"_{name}" if _DEVICES.match(name) or name.startswith("-") else name


def alike(name: str) -> str:
    """What names have in common that some system takes for one: capitals and the ways to write a letter."""
    return normalize("NFKC", name).casefold()

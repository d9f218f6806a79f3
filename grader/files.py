"""Small promises about files: a cache folder, names that every system takes, writes that are whole or absent."""

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


def folder_name(text: str, most_bytes: int = _MOST_BYTES) -> str:
    """A text without what can't stand in a folder's name: it leads nowhere else, hides from nobody, is never empty."""
    plain = re.sub(r"[^\w.@+-]+", "_", normalize("NFC", text)).encode("utf-8", "replace")
    name = plain[:most_bytes].decode("utf-8", "ignore").strip(".") or "submission"
    return f"_{name}" if _DEVICES.match(name) or name.startswith("-") else name


def alike(name: str) -> str:
    """What names have in common that some system takes for one: capitals and the ways to write a letter."""
    return normalize("NFKC", name).casefold()

"""This grader as a wheel, made of the files that run here: the same files make the same wheel, byte for byte."""

import base64
import hashlib
import zipfile
from collections.abc import Iterator, Mapping
from importlib.metadata import distribution
from io import BytesIO
from pathlib import Path

from grader.resources import resource

NAME = "dl-grader"
_MOMENT = (1980, 1, 1, 0, 0, 0)  # the first that a zip can hold
_LEFT_OUT = ("__pycache__", "_data")


def wheel() -> tuple[str, bytes]:
    """(its file name, its content), with the templates and without rubrics and references."""
    version = distribution(NAME).version
    stem = f"{NAME.replace('-', '_')}-{version}"
    info = f"{stem}.dist-info"
    files = dict(_package()) | {
        f"{info}/METADATA": (distribution(NAME).read_text("METADATA") or "").encode(),
        f"{info}/entry_points.txt": (distribution(NAME).read_text("entry_points.txt") or "").encode(),
        f"{info}/WHEEL": b"Wheel-Version: 1.0\nGenerator: grader\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = [f"{name},sha256={_digest(content)},{len(content)}" for name, content in files.items()]
    files[f"{info}/RECORD"] = "\n".join([*record, f"{info}/RECORD,,", ""]).encode()
    return f"{stem}-py3-none-any.whl", zipped(files)


def zipped(files: Mapping[str, bytes], executable: frozenset[str] = frozenset()) -> bytes:
    """A zip archive of these files in the order of their names, without anything that changes from day to day."""
    stream = BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, _MOMENT)
            entry.create_system = 3  # Unix, so that the modes count
            entry.external_attr = (0o100755 if name in executable else 0o100644) << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, files[name], compresslevel=9)
    return stream.getvalue()


def _package() -> Iterator[tuple[str, bytes]]:
    package = Path(__file__).resolve().parent.parent
    for folder, prefix in ((package, "grader"), (resource("templates"), "grader/_data/templates")):
        for path in sorted(folder.rglob("*")):
            within = path.relative_to(folder)
            if path.is_file() and not (folder == package and set(within.parts) & set(_LEFT_OUT)):
                yield f"{prefix}/{within.as_posix()}", path.read_bytes()


def _digest(content: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()

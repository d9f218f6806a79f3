"""Writes one and the same class as the export of each platform, and in the shapes in which people hand exports on.

A class is data: who, which files by their names, when, how often. `WRITERS["canvas"](folder, CLASS)` fills a folder;
`SHAPES["zipped"](folder, place)` makes of it what lies on a TA's disk and returns what would be named to the grader.
"""

import csv
import io
import shutil
import tarfile
import zipfile
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import yaml

REPORT = b"# Problem 1\n\n608 parameters\n"
NOTEBOOK = b'{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}'
_DUE = datetime(2026, 3, 1, 12, tzinfo=UTC)


@dataclass(frozen=True)
class Member:
    """One of the class. Without files nothing was handed in."""

    name: str
    number: int  # the platform's own
    id: str
    files: dict[str, bytes] = field(default_factory=dict)
    late: bool = False
    attempt: int = 1
    section: str = ""

    @property
    def email(self):
        return f"s{self.id}@uni.example"

    @property
    def login(self):
        return f"s{self.id}"

    @property
    def sortable(self):
        first, _, last = self.name.rpartition(" ")
        return f"{last}, {first}"

    @property
    def at(self):
        return _DUE + timedelta(hours=self.number if self.late else -self.number)


CLASS = (
    Member("Ada Lovelace", 11, "0101", {"report.md": REPORT + b"ada\n", "hw4.ipynb": NOTEBOOK}),
    Member("Bjarne Müller", 12, "0102", {"Lösung 3.md": REPORT + b"ben\n"}, late=True),
    Member("李 明", 13, "0103", {"report_part_1.md": REPORT + b"ming\n", "a_7_8_b.py": b"x = 1\n"}, attempt=2),
    Member("ليلى حداد", 14, "0104", {"report.md": REPORT + b"layla\n"}),
    Member("Kim Minsu", 15, "0105", {"report.md": REPORT + b"kim 1\n"}),
    Member("Kim Minsu", 16, "0106", {"report.md": REPORT + b"kim 2\n", "report.pdf": b"%PDF-1.4 kim"}),
    Member("Siân O'Neil-Jones", 17, "0107", {"hw 4 (final).ipynb": NOTEBOOK + b" "}, late=True),
    Member("Nobody Here", 18, "0108"),
)
HANDED_IN = tuple(member for member in CLASS if member.files)


def _write(folder, files):
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)


def gradescope(folder, members):
    """Rows under Ruby's symbols; earlier attempts in the history alone."""
    rows = {}
    for member in members:
        if not member.files:
            continue
        _write(folder / f"submission_{member.number}00", member.files)
        history = [
            {":id": member.number * 1000 + n, ":created_at": f"{member.at - timedelta(days=n):%Y-%m-%d %H:%M:%S.%f} Z"}
            for n in range(1, member.attempt)
        ]
        rows[f"submission_{member.number}00"] = {
            ":submitters": [{":name": member.name, ":sid": member.id, ":email": member.email}],
            ":created_at": member.at.astimezone().strftime("%Y-%m-%d %H:%M:%S.%f000 %z"),
            ":score": 0.0,
            ":status": ":processed",
            ":results": {"tests": [{"name": "1", "output": "x: y\n- z"}]},
            ":history": history,
        }
    (folder / "submission_metadata.yml").write_text(
        "---\n" + yaml.safe_dump(rows, allow_unicode=True, sort_keys=False), encoding="utf-8"
    )


def canvas(folder, members):
    for member in members:
        name = "".join(filter(str.isalnum, member.sortable)).lower()
        for number, (file, content) in enumerate(member.files.items()):
            late = "LATE_" if member.late else ""
            _write(folder, {f"{name}_{late}{member.number}_{member.number * 100 + number}_{file}": content})


def moodle(folder, members):
    for member in members:
        if member.files:
            name = member.name.replace("_", " ")
            _write(folder / f"{name}_{member.number}_assignsubmission_file_", member.files)


def moodle_flat(folder, members):
    for member in members:
        prefix = f"{member.name.replace('_', ' ')}_{member.number}_assignsubmission_file_"
        _write(folder, {prefix + name: content for name, content in member.files.items()})


def nbgrader(folder, members):
    (folder / "submitted").mkdir(parents=True)
    (folder / "gradebook.db").write_bytes(b"SQLite format 3\0")
    for part in ("source", "release"):
        _write(folder / part / "ps4", {"hw4.ipynb": NOTEBOOK})
    for member in members:
        if member.files:
            time = f"{member.at:%Y-%m-%d %H:%M:%S.%f} UTC\n".encode()
            _write(folder / "submitted" / member.login / "ps4", member.files | {"timestamp.txt": time})


def github_classroom(folder, members):
    for member in members:
        if member.files:
            git = {".git/HEAD": b"ref: refs/heads/main\n"}
            _write(folder / "hw-4-submissions" / f"hw-4-{member.login}", member.files | git)


def folders(folder, members):
    for member in members:
        if member.files:
            _write(folder / member.login, member.files)


def archives(folder, members):
    folder.mkdir(parents=True, exist_ok=True)
    for member in members:
        if member.files:
            (folder / f"{member.login}.zip").write_bytes(zipped(member.files))


WRITERS = {
    writer.__name__: writer
    for writer in (gradescope, canvas, moodle, moodle_flat, nbgrader, github_classroom, folders, archives)
}
LAYOUT = {"moodle_flat": "moodle", "folders": "plain", "archives": "plain"}


def roster(members):
    """A table of everything that a platform may know."""
    out = io.StringIO()
    table = csv.writer(out)
    table.writerow(["Name", "Student ID", "Email", "Canvas User ID", "Login", "Section"])
    table.writerows([m.name, m.id, m.email, m.number, m.login, m.section] for m in members)
    return out.getvalue()


def zipped(files):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()


def contents(folder):
    """The files of a folder by their paths in it."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()
    }


def _as_it_is(folder, place):
    shutil.copytree(folder, place / "export")
    return place / "export"


def _wrapped(folder, place):
    shutil.copytree(folder, place / "downloads" / "assignment_4_export")
    return place / "downloads"


def _twice_wrapped(folder, place):
    shutil.copytree(folder, place / "a" / "b" / "export")
    return place / "a"


def _zipped(folder, place):
    (place / "export.zip").write_bytes(zipped(contents(folder)))
    return place / "export.zip"


def _zipped_with_folder(folder, place):
    files = {f"assignment_4_export/{name}": content for name, content in contents(folder).items()}
    files["__MACOSX/assignment_4_export/._x"] = b"x"
    (place / "export.zip").write_bytes(zipped(files))
    return place / "export.zip"


def _zip_in_zip(folder, place):
    inner = _zipped(folder, place).read_bytes()
    (place / "outer.zip").write_bytes(zipped({"outer/export.zip": inner}))
    return place / "outer.zip"


def _zip_in_folder(folder, place):
    (place / "downloads").mkdir()
    (place / "downloads" / "export.zip").write_bytes(zipped(contents(folder)))
    (place / "downloads" / "notes.csv").write_bytes(b"1,2\n")
    return place / "downloads"


def _unpacked_beside(folder, place):
    _zip_in_folder(folder, place)
    shutil.copytree(folder, place / "downloads" / "export")
    return place / "downloads"


def _tarred(folder, place):
    with tarfile.open(place / "export.tar.gz", "w:gz") as archive:
        archive.add(folder, "export")
    return place / "export.tar.gz"


SHAPES = {
    "as it is": _as_it_is,
    "one level too high": _wrapped,
    "two levels too high": _twice_wrapped,
    "zipped": _zipped,
    "zipped with its folder": _zipped_with_folder,
    "a zip in a zip": _zip_in_zip,
    "a zip in a folder": _zip_in_folder,
    "unpacked beside its zip": _unpacked_beside,
    "tarred": _tarred,
}


def written(layout, shape, place, members=CLASS):
    """The export of a class in this layout and shape: what is named to the grader."""
    folder, shaped = Path(place) / "written", Path(place) / "shaped"
    WRITERS[layout](folder, members)
    shaped.mkdir(parents=True)
    return SHAPES[shape](folder, shaped)

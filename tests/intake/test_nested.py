"""Archives in folders and in archives: what they hold is graded, what can't be had is named, and costs itself."""

import bz2
import gzip
import io
import lzma
import stat
import tarfile
import zipfile
from unittest import mock

import pytest

from grader.core.errors import SubmissionError
from grader.intake import open_submission, read_contents, submission


def zipped(entries, method=zipfile.ZIP_DEFLATED):
    out = io.BytesIO()
    with mock.patch("warnings.warn"), zipfile.ZipFile(out, "w", method) as archive:
        for name, content in entries.items() if isinstance(entries, dict) else entries:
            archive.writestr(name, content)
    return out.getvalue()


def tarred(entries, mode="w:gz"):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode) as archive:
        for name, content in entries.items() if isinstance(entries, dict) else entries:
            info = name if isinstance(name, tarfile.TarInfo) else tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return out.getvalue()


def link(name, kind=tarfile.SYMTYPE):
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, "/etc/passwd"
    return info


def linked(name):
    info = zipfile.ZipInfo(name)
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    return info


def encrypted(entries, name):
    """A zip whose one entry says that it is encrypted."""
    raw = bytearray(zipped(entries))
    for signature, offset, length in ((b"PK\x03\x04", 6, 30), (b"PK\x01\x02", 8, 46)):
        at = -1
        while (at := raw.find(signature, at + 1)) >= 0:
            if raw[at + length :].startswith(name.encode()):
                raw[at + offset] |= 1
    return bytes(raw)


def broken_entry(entries, name):
    """A zip in which the data of one entry that is stored is another."""
    raw = bytearray(zipped(entries, zipfile.ZIP_STORED))
    at = raw.find(entries[name])
    raw[at : at + 3] = b"###"
    return bytes(raw)


REPORT = b"# Problem 1\n\n608 parameters\n"
OTHER = b"# Problem 2\n\nmore\n"
BOMB = zipped({"zeros.txt": bytes(3 * 10**6)})
NEST = zipped({"3.zip": zipped({"2.zip": zipped({"1.zip": zipped({"report.md": REPORT})})})})
# name: (files of a folder, what is read as documents, what a person must look at)
FOLDERS = {
    "a zip alone": ({"hw4.zip": zipped({"report.md": REPORT})}, ["report.md"], {}),
    "a zip whose files lie in a folder": ({"hw4.zip": zipped({"hw4/report.md": REPORT})}, ["report.md"], {}),
    "a zip in a zip": ({"a.zip": zipped({"b.zip": zipped({"report.md": REPORT})})}, ["report.md"], {}),
    "a tar in a zip": ({"a.zip": zipped({"b.tgz": tarred({"x/report.md": REPORT})})}, ["report.md"], {}),
    "a zip in capitals": ({"A.ZIP": zipped({"report.md": REPORT})}, ["report.md"], {}),
    "a zip that is a tar": ({"a.zip": tarred({"report.md": REPORT})}, ["report.md"], {}),
    "a tar that is a zip": ({"a.tar.gz": zipped({"report.md": REPORT})}, ["report.md"], {}),
    "a zip beside a file": (
        {"hw4.zip": zipped({"report.md": REPORT}), "notes.md": OTHER}, ["hw4/report.md", "notes.md"], {}
    ),
    "a zip beside a folder of its name": (
        {"hw4.zip": zipped({"report.md": REPORT}), "hw4/notes.md": OTHER}, ["hw4 (2)/report.md", "hw4/notes.md"], {}
    ),
    "two zips": (
        {"a.zip": zipped({"report.md": REPORT}), "b.zip": zipped({"report.md": OTHER})},
        ["a/report.md", "b/report.md"],
        {},
    ),
    "a file packed alone": ({"report.md.gz": gzip.compress(REPORT)}, ["report.md"], {}),
    "a file packed by bzip2": ({"report.md.bz2": bz2.compress(REPORT)}, ["report.md"], {}),
    "a file packed by xz": ({"report.md.xz": lzma.compress(REPORT)}, ["report.md"], {}),
    "a text of no ending packed alone": ({"report.gz": gzip.compress(REPORT)}, ["report"], {}),
    "data packed alone": (
        {"report.md": REPORT, "train-images-idx3-ubyte.gz": gzip.compress(b"\0\0\x08\x03" * 99)}, ["report.md"], {}
    ),
    "three deep": ({"a.zip": zipped({"b.zip": zipped({"c.zip": zipped({"report.md": REPORT})})})}, ["report.md"], {}),
    "deeper": ({"4.zip": NEST, "report.md": REPORT}, ["report.md"], {"4/3/2/1.zip": "lies in more than 3 archives"}),
    "a broken one": (
        {"a.zip": zipped({"a.md": OTHER})[:-9], "report.md": REPORT}, ["report.md"], {"a.zip": "can't be unpacked"}
    ),
    "a broken one in a zip": (
        {"a.zip": zipped({"report.md": REPORT, "b.tar.gz": b"\x1f\x8bno"})},
        ["report.md"],
        {"b.tar.gz": "can't be unpacked"},
    ),
    "no zip": ({"a.zip": b"<html>", "report.md": REPORT}, ["report.md"], {"a.zip": "can't be unpacked"}),
    "an empty one": ({"a.zip": zipped({}), "report.md": REPORT}, ["report.md"], {}),
    "a bomb": ({"a.zip": BOMB, "report.md": REPORT}, ["report.md"], {"a.zip": "unpacks to more than"}),
    "a bomb in a zip": (
        {"a.zip": zipped({"report.md": REPORT, "b.zip": BOMB})}, ["report.md"], {"b.zip": "unpacks to more than"}
    ),
    "a bomb before a good one": (
        {"a.zip": BOMB, "b.zip": zipped({"report.md": REPORT})}, ["b/report.md"], {"a.zip": "unpacks to more than"}
    ),
    "too many files in one": (
        {"a.zip": zipped({f"{n}.md": b"" for n in range(30)}), "report.md": REPORT},
        ["report.md"],
        {"a.zip": "unpacks to more than"},
    ),
    "an encrypted entry": (
        {"a.zip": encrypted({"report.md": REPORT, "secret.md": OTHER}, "secret.md")},
        ["report.md"],
        {"secret.md": "encrypted"},
    ),
    "an entry that is broken": (
        {"a.zip": broken_entry({"report.md": REPORT, "b.md": OTHER}, "b.md")},
        ["report.md"],
        {"b.md": "can't be unpacked"},
    ),
    "an absolute name": (
        {"a.tar": tarred({"report.md": REPORT, "/home/ada/b.md": OTHER}, "w")},
        ["report.md"],
        {"home/ada/b.md": "leads out"},
    ),
    "a name that leads out": (
        {"a.zip": zipped({"report.md": REPORT, "../b.md": OTHER})}, ["report.md"], {"../b.md": "leads out"}
    ),
    "a name that is too long": (
        {"a.zip": zipped({"report.md": REPORT, f"{'b' * 300}.md": OTHER})},
        ["report.md"],
        {f"{'b' * 300}.md": "can't be written"},
    ),
    "a link to a report": (
        {"a.tgz": tarred([("report.md", REPORT), (link("b.pdf"), b"")])}, ["report.md"], {"b.pdf": "a link"}
    ),
    "links to data": (
        {"a.tgz": tarred([("report.md", REPORT), (link("x.csv"), b""), (link("m.pt", tarfile.LNKTYPE), b"")])},
        ["report.md"],
        {},
    ),
    "a link to a folder": ({"a.tgz": tarred([("report.md", REPORT), (link("data"), b"")])}, ["report.md"], {}),
    "a link in a zip": ({"a.zip": zipped([("report.md", REPORT), (linked("x.csv"), "/etc")])}, ["report.md"], {}),
    "one file twice": (
        {"a.zip": zipped([("report.md", REPORT), ("b.md", OTHER), ("b.md", REPORT)])},
        ["report.md"],
        {"b.md": "is there twice"},
    ),
    "a file that is a folder too": (
        {"a.zip": zipped([("report.md", REPORT), ("b", OTHER), ("b/c.md", OTHER)])},
        ["b", "report.md"],
        {"b/c.md": "can't be written"},
    ),
    "junk": (
        {
            "a.zip": zipped(
                {
                    "report.md": REPORT, "__MACOSX/._report.md": b"x", "env/pyvenv.cfg": b"", "Thumbs.db": b"x",
                    "lib/site-packages/x/a.md": OTHER, ".git/x.md": OTHER, "node_modules/x/readme.md": OTHER,
                    "~$report.docx": b"x", "env/share/doc.md": OTHER, ".venv/a.md": OTHER,
                }
            )
        },
        ["report.md"],
        {},
    ),
    "much junk": (
        {"a.tgz": tarred({"report.md": REPORT} | {f".venv/lib/{n}.py": b"x" for n in range(90)})}, ["report.md"], {}
    ),
    "large junk": (
        {"a.tgz": tarred({"x/.venv/torch.so": bytes(3 * 10**6), "x/report.md": REPORT})}, ["report.md"], {}
    ),
    "a link among junk": (
        {"a.tgz": tarred([("report.md", REPORT), (link(".venv/bin/python3"), b""), (link("env/bin/python"), b""),
                          ("env/pyvenv.cfg", b"")])}, ["report.md"], {}
    ),
    "a name that leaves no room for a number": (
        {f"{'a' * 252}.gz": gzip.compress(OTHER), f"{'a' * 252}/c.md": OTHER, "report.md": REPORT},
        [f"{'a' * 60} (2)/{'a' * 252}", f"{'a' * 252}/c.md", "report.md"],
        {},
    ),
    "an archive of another kind": ({"a.rar": b"Rar!\x1a\x07\0", "report.md": REPORT}, ["report.md"], {"a.rar": ""}),
}  # fmt: skip


@pytest.fixture
def small(monkeypatch, tmp_path):
    """Caps that tests can reach, and nothing left behind."""
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(submission, "MOST_BYTES", 10**6)
    monkeypatch.setattr(submission, "MOST_FILES", 20)
    monkeypatch.setattr("tempfile.tempdir", str(scratch))
    yield
    assert list(scratch.iterdir()) == []


def written(folder, files):
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


def check(path, documents, unread):
    with open_submission(path) as found:
        contents = read_contents(found)
        assert sorted(contents.documents) == documents
        assert sorted(contents.unread) == sorted(unread)
        assert all(unread[name] in why for name, why in contents.unread.items())
        assert all((found.root / name).is_file() for name in found.files)


@pytest.mark.parametrize("name", FOLDERS)
def test_archives_in_a_folder(name, small, tmp_path):
    files, documents, unread = FOLDERS[name]
    folder = written(tmp_path / "ada", files)
    before = sorted(folder.rglob("*"))
    check(folder, documents, unread)
    assert sorted(folder.rglob("*")) == before, "the folder that was handed in is not changed"


@pytest.mark.parametrize("name", [name for name in FOLDERS if name not in ("deeper", "three deep")])
def test_archives_in_an_archive(name, small, tmp_path):
    files, documents, unread = FOLDERS[name]
    path = tmp_path / "ada.zip"
    path.write_bytes(zipped(files))
    check(path, documents, unread)


def test_the_files_of_all_archives_share_one_budget(small, tmp_path):
    packed = {f"{n}.zip": zipped({f"{m}.md": b"x" for m in range(5)}) for n in range(5)}
    with open_submission(written(tmp_path / "ada", packed)) as found:
        assert len(found.files) <= 20
        assert found.unread and all("unpacks to more than 20 files" in why for why in found.unread.values())


def test_what_many_bombs_make_is_bounded(small, tmp_path):
    """What is thrown away again was still unpacked."""
    bomb = zipped({"zeros.txt": bytes(999_000)})
    with open_submission(written(tmp_path / "ada", {f"{n}.zip": bomb for n in range(9)} | {"x.txt": b"x" * 9000})) as f:
        assert len(f.unread) == 9


def test_a_header_that_says_it_is_as_large_as_memory(small, tmp_path):
    info = tarfile.TarInfo("x")
    info.type, info.size = tarfile.XHDTYPE, 8 * 2**30
    with open(tmp_path / "a.tar", "wb") as file:
        file.write(info.tobuf(tarfile.GNU_FORMAT) + bytes(10_000))
    with pytest.raises(SubmissionError, match="can't be unpacked"), open_submission(tmp_path / "a.tar"):
        pass


def test_a_list_of_entries_that_is_too_long_is_not_read(small, tmp_path):
    raw = bytearray(zipped({"report.md": REPORT}))
    at = raw.rfind(b"PK\x05\x06")
    raw[at + 12 : at + 16] = (2**31).to_bytes(4, "little")
    (tmp_path / "a.zip").write_bytes(raw)
    with pytest.raises(SubmissionError, match="unpacks to more than"), open_submission(tmp_path / "a.zip"):
        pass


def test_the_folders_that_a_course_system_makes(tmp_path):
    written(
        tmp_path / "class",
        {
            "ada_123_assignsubmission_file_/hw4.zip": zipped({"hw4/report.md": REPORT}),
            "ben_124_assignsubmission_file_/report.md": REPORT,
            "cleo.rar": b"Rar!\x1a\x07\0",
        },
    )
    found = []
    for path in sorted((tmp_path / "class").iterdir()):
        with open_submission(path) as opened:
            found.append((opened.id, opened.files, sorted(read_contents(opened).unread)))
    assert found == [
        ("ada_123_assignsubmission_file_", ("report.md",), []),
        ("ben_124_assignsubmission_file_", ("report.md",), []),
        ("cleo", ("cleo.rar",), ["cleo.rar"]),
    ]


def test_an_archive_that_a_notebook_may_need_stays(tmp_path):
    files = {"data.zip": zipped({"x.csv": b"1,2"}), "a.ipynb": b'{"cells": []}'}
    with open_submission(written(tmp_path / "ada", files)) as found:
        assert found.files == ("a.ipynb", "data.zip", "data/x.csv")
        assert (found.root / "data.zip").read_bytes() == files["data.zip"]
        contents = read_contents(found)
        assert (set(contents.helpers), contents.unread) == ({"data.zip", "data/x.csv"}, {})

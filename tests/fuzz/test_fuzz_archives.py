"""Archives of any bytes are unpacked, or refused in words; nothing leaves its folder."""

import io
import stat
import tarfile
import zipfile
from unittest import mock

from hypothesis import given
from hypothesis import strategies as st
from inputs import broken, fuzz, in_words

from grader.core.errors import SubmissionError
from grader.intake import open_submission, submission

NAMES = st.one_of(
    st.text(min_size=1, max_size=12),
    st.sampled_from(
        [
            *(
                "report.md",
                "a/b.md",
                "a",
                "a/",
                "a/b/",
                "./a",
                ".",
                "..",
                "/",
                "../x",
                "a/../../x",
                "/etc/x",
                "C:\\x",
                "\\x",
            ),
            *(
                "a\\..\\..\\x",
                "a//b",
                "n" * 300,
                "a/" * 300 + "x",
                "a\0b",
                " ",
                "con",
                "ü",
                "e\u0301",
                "\ud800",
                "__MACOSX/a",
            ),
            *(
                ".git/config",
                "._a.md",
                "\u202etxt.exe",
                "\n",
                "~/x",
                "$HOME",
                "a b",
                "*",
                "-rf",
                "nul",
                ".ipynb_checkpoints/a",
            ),
        ]
    ),
)
CONTENTS = st.binary(max_size=50) | st.sampled_from([b"", b"0" * 10**5, b"0" * 2 * 10**6])
TYPES = [tarfile.REGTYPE, tarfile.DIRTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE, b"Z"]
MODES = [0, 0, stat.S_IFREG, stat.S_IFDIR, stat.S_IFLNK, stat.S_IFIFO, stat.S_IFBLK]
KINDS = st.one_of(st.just(0), st.integers(0, 6))
ENTRIES = st.lists(st.tuples(NAMES, CONTENTS, KINDS), max_size=5)


def zipped(entries, method=zipfile.ZIP_DEFLATED):
    out = io.BytesIO()
    with mock.patch("warnings.warn"), zipfile.ZipFile(out, "w", method) as archive:
        for name, content, kind in entries:
            info = zipfile.ZipInfo(name.encode("utf-8", "replace").decode())
            info.compress_type = method
            info.external_attr = (MODES[kind] | 0o644) << 16
            archive.writestr(info, content)
    return out.getvalue()


def tarred(entries, ending=""):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=f"w:{ending}") as archive:
        for name, content, kind in entries:
            info = tarfile.TarInfo(name.encode("utf-8", "replace").decode())
            info.type, info.linkname = TYPES[kind], "../../x" if kind % 2 else "/etc/passwd"
            info.size = len(content) if kind in (0, 6) else 0
            archive.addfile(info, io.BytesIO(content))
    return out.getvalue()


GOOD = [("report.md", b"# Problem 1A\n", 0), ("a/b.ipynb", b"{}" * 50, 0)]
PACKERS = {
    ".zip": zipped,
    ".ZIP": lambda entries: zipped(entries, zipfile.ZIP_STORED),
    ".tar": tarred,
    ".tgz": lambda entries: tarred(entries, "gz"),
    ".tar.bz2": lambda entries: tarred(entries, "bz2"),
    ".tar.xz": lambda entries: tarred(entries, "xz"),
}
SEEDS = [pack(GOOD) for pack in PACKERS.values()]


def opened(raw, ending, tmp_path):
    path = tmp_path / f"a{ending}"
    path.write_bytes(raw)
    scratch = tmp_path / "scratch"
    scratch.mkdir(exist_ok=True)
    with (
        mock.patch.object(submission, "MOST_BYTES", 10**6),
        mock.patch.object(submission, "MOST_FILES", 3),
        mock.patch("tempfile.tempdir", str(scratch)),
    ):
        try:
            with open_submission(path) as found:
                assert 0 < len(found.files) <= 3
                for name in found.files:
                    file = found.root / name
                    assert file.is_file() and not file.is_symlink()
                    assert file.resolve().is_relative_to(scratch.resolve())
                    assert name.encode()
                assert "\n".join(found.ignored).encode() is not None
        except SubmissionError as error:
            in_words(error)
    assert list(scratch.iterdir()) == []
    path.unlink()
    assert list(tmp_path.iterdir()) == [scratch]


@fuzz(200)
@given(ENTRIES, st.sampled_from(sorted(PACKERS)))
def test_odd_entries(tmp_path, entries, ending):
    opened(PACKERS[ending](entries), ending, tmp_path)


@fuzz(200)
@given(broken(*SEEDS) | st.binary(max_size=200), st.sampled_from(sorted(PACKERS)))
def test_any_bytes(tmp_path, raw, ending):
    opened(raw, ending, tmp_path)

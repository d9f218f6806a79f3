"""Documents parsed in a confined process: whatever one does to its parser, the others are read."""

import shutil
from pathlib import Path

import pytest

from grader.core.errors import MachineError
from grader.execution import documents, read_documents
from grader.execution.readings import Readings
from grader.execution.worker import Worker

FORMATS = Path(__file__).with_name("formats")


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    """What stands in for the package that reads documents."""
    package = tmp_path_factory.mktemp("package") / "documents"
    shutil.copytree(FORMATS, package)
    shutil.copy(Path(documents.__file__).parents[1] / "documents" / "answering.py", package)
    return package


@pytest.fixture
def reads(either, package, tmp_path):
    """Writes files, and reads these documents of them."""

    def read(files, asked=None, most_fatal=5, **options):
        for name, content in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        paths = {name: tmp_path / name for name in asked or files}
        with Readings(either, packages={"documents": package}, most_fatal=most_fatal) as process:
            return read_documents(paths, tmp_path, process, **options)

    return read


def text(document):
    return " ".join(block.text for block in document.blocks)


def test_documents_are_read_in_their_order(reads):
    found, lost = reads({"b.md": "two", "a.md": "one\nmore", "sub dir/ü.md": "three"})
    assert [(name, document.file, text(document)) for name, document in found.items()] == [
        ("b.md", "b.md", "two"), ("a.md", "a.md", "one more"), ("sub dir/ü.md", "sub dir/ü.md", "three")
    ]  # fmt: skip
    assert lost == {}
    assert str(found["a.md"].blocks[1].source) == "a.md:2"


def test_none_starts_no_process(sandbox, tmp_path, monkeypatch):
    monkeypatch.setattr("subprocess.Popen", None)
    with Readings(sandbox) as process:
        assert read_documents({}, tmp_path, process) == ({}, {})


# name: what is said of it
LOST = {
    "a.locked": "is encrypted. Hand it in without a password.",
    "a.bug": "can't be read (ZeroDivisionError: division by zero)",
    "a.deep": "is nested too deeply to be read",
    "a.hangs": "took longer than 2 s to read",
    "a.memory": "needs more memory",
    "a.dies": "could not be read",
    "a.much": "could not be read",
    "a.half": "can't be read",
    "a.strange": "is of a format that is not read",
}


@pytest.mark.parametrize("name", LOST)
def test_one_that_can_not_be_read_costs_itself(name, reads):
    found, lost = reads({"a.md": "before", name: "x", "z.md": "after"}, seconds=2 if name == "a.hangs" else 60)
    assert {file: text(document) for file, document in found.items()} == {"a.md": "before", "z.md": "after"}
    assert list(lost) == [name]
    assert LOST[name] in lost[name]


def test_what_holds_the_reader_up_again_and_again_ends(reads):
    found, lost = reads({"a.dies": "", "b.dies": "", "c.md": "never"}, most_fatal=2)
    assert found == {}
    assert lost["c.md"] == "was not read: those before it took too much"


def test_what_is_too_large_is_not_handed_over(reads, tmp_path, monkeypatch):
    monkeypatch.setattr(documents, "_LARGEST", 2**20)
    _, lost = reads({"a.md": b"x" * (2**20 + 1)})
    assert lost == {"a.md": "is larger than 1 MB"}


def test_what_a_parser_prints_is_no_answer(reads):
    found, _ = reads({"a.prints": "x", "b.md": "words"})
    assert [text(document) for document in found.values()] == ["quiet", "words"]


def test_the_format_of_a_file_that_is_called_otherwise(reads):
    found, lost = reads({"report": "words", "a.md": "x"}, endings={"report": ".md"})
    assert (text(found["report"]), lost) == ("words", {})


def test_what_a_document_brings_in_is_a_part_of_it(reads):
    files = {
        "1 intro.tex": "part one",
        "main.tex": "\\documentclass{article}\n\\input{1 intro}\n\\input{parts/two}\nend",
        "parts/two.tex": "part two",
        "alone.tex": "by itself",
    }
    found, lost = reads(files)
    assert sorted(found) == ["alone.tex", "main.tex"]
    assert text(found["main.tex"]) == "\\documentclass{article} part one part two end"
    assert lost == {}


def test_nothing_else_is_brought_in(reads):
    found, _ = reads({"sub/a.outside": "x"})
    assert text(found["sub/a.outside"]) == "[None, None, None, None, None]"


def test_the_cells_of_a_notebook(reads):
    found, lost = reads({"a.md": "x"}, notebooks={"hw.ipynb": [(1, "# Problem 1"), (4, "608")]})
    assert list(found) == ["a.md", "hw.ipynb"]
    assert [(block.text, str(block.source)) for block in found["hw.ipynb"].blocks] == [
        ("# Problem 1", "hw.ipynb, cell 1"), ("608", "hw.ipynb, cell 4")
    ]  # fmt: skip
    assert lost == {}


def test_notebooks_with_too_much_text_are_named(reads, monkeypatch):
    monkeypatch.setattr(documents, "_MOST_CELLS_TEXT", 2**20)
    _, lost = reads({}, notebooks={"hw.ipynb": [(1, "x" * 2**21)]})
    assert "has more than 1 MB of text" in lost["hw.ipynb"]


def test_a_process_that_can_not_start_is_the_machines_failure(reads, monkeypatch):
    monkeypatch.setattr("sys.executable", "/bin/false")
    monkeypatch.setattr(Worker, "_forked", lambda *_: None)
    with pytest.raises(MachineError, match="can't be started"):
        reads({"a.md": "x"})

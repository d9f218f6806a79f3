"""Every file of a submission has one fate: it is read, runs, helps, or is named as not read, with the reason."""

import io
import json
import pickle
import zipfile

import pytest

from grader.intake import open_submission, read_contents

TEXT = b"# Problem 1\n\nIt has 608 parameters.\n"
NOTEBOOK = json.dumps(
    {"cells": [{"cell_type": "markdown", "source": "# Problem 1", "metadata": {}}], "metadata": {}, "nbformat": 4}
).encode()
PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)
PDF = b"%PDF-1.4\n1 0 obj\n"


def packed(*names):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name in names:
            archive.writestr(name, "x" * 99)
    return out.getvalue()


DOCUMENTS = {
    "report.md": (TEXT, ".md"),
    "REPORT.MD": (TEXT, ".md"),
    "report": (TEXT, ".txt"),
    "report.final version": (TEXT, ".txt"),
    "report.md.txt": (TEXT, ".md"),
    "report.md (1)": (TEXT, ".md"),
    "report.tex.txt": (b"\\section{Problem 1}", ".tex"),
    "latex.txt": (b"\\documentclass{article}\n", ".tex"),
    "wide.md": (TEXT.decode().encode("utf-16-le"), ".md"),
    "wide.txt": (TEXT.decode().encode("utf-16-be"), ".txt"),
    "marked.txt": (TEXT.decode().encode("utf-16"), ".txt"),
    "latin.txt": ("Größe: 608".encode("cp1252"), ".txt"),
    "scan.txt": (PDF, ".pdf"),
    "scan": (PDF, ".pdf"),
    "scan.md": (PDF, ".pdf"),
    "words.pdf": (TEXT, ".txt"),
    "page.md": (b"<html><body><h1>Problem 1</h1>", ".md"),
    "empty.pdf": (b"", ".pdf"),
    "answers.txt": (TEXT, ".txt"),
    "readme": (TEXT, ".txt"),
    "notes.r": (b"# Problem 1\nx <- 608\n", ".txt"),
    "about pdf.txt": (b"A file of this kind begins with %PDF-1.4, they say.", ".txt"),
    "bm.txt": (b"BM25 is a ranking", ".txt"),
    "pk.txt": (b"PK is a name", ".txt"),
}
NOTEBOOKS = {
    "hw4.ipynb": NOTEBOOK,
    "hw4.ipynb.txt": NOTEBOOK,
    "hw4.ipynb.json": NOTEBOOK,
    "hw4.json": NOTEBOOK,
    "hw4": NOTEBOOK,
    "hw4.txt": NOTEBOOK,
    "hw4 (1).ipynb.json": NOTEBOOK,
    "wide.ipynb.txt": NOTEBOOK.decode().encode("utf-16"),
    "late.json": json.dumps({"metadata": {"x": "y" * 20_000}} | json.loads(NOTEBOOK)).encode(),
}
HELPERS = {
    "data.csv": b"a,b\n1,2\n", "net.pt": packed("net/data.pkl"), "net": packed("net/data.pkl"), "x.npy": b"\x93NUMPY",
    "batch_1": pickle.dumps([1, 2, 3]), "config.json": b'{"lr": 0.1}', "list.json": b"[1, 2]",
    "x.h5": b"\x89HDF\r\n\x1a\n",
    "main.aux": b"x", "main.log": b"x", "fancy.sty": b"x", "refs.bib": b"x", "x.cls": b"x",
    "main.synctex.gz": b"\x1f\x8b",
    "requirements.txt": b"torch\n", "LICENSE": b"MIT", ".gitignore": b"*.pt\n", "environment.yml": b"name: x\n",
    "events.out.tfevents.1.host.2.0": b"\0\1\2", "t10k-images-idx3-ubyte": b"\0\0\x08\x03", "a.pyc": b"\xa7\r\r\n",
    "empty.md": b"", "empty": b"", "style.css": b"x{}",
}  # fmt: skip
UNREAD = {
    "essay.doc": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
    "essay.pages": packed("Index/Document.iwa"),
    "all.rar": b"Rar!\x1a\x07\x01\0",
    "all.7z": b"7z\xbc\xaf\x27\x1c\0\4",
    "solution.png": PNG,
    "photo.JPG": b"\xff\xd8\xff\xe0" + bytes(9),
    "photo": b"\xff\xd8\xff\xe0" + bytes(9),
    "photo.heic": b"\0\0\0\x18ftypheic",
    "strange": b"\0\1\2\3\4\5\6\7" * 9,
    "strange.md": bytes(range(256)),
    "book.xlsx": packed("xl/workbook.xml"),
    "talk.mp4": b"\0\0\0\x18ftypmp42",
    "hw4.ipynb": b"{broken",
    "broken.ipynb.txt": b'{"cells": [',
    "r.ipynb": json.dumps(json.loads(NOTEBOOK) | {"metadata": {"kernelspec": {"language": "R"}}}).encode(),
    "packed": packed("report.md"),
    "pointer.md": b"version https://git-lfs.github.com/spec/v1\noid sha256:1\n",
}


def contents(folder, files):
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    with open_submission(folder) as submission:
        found = read_contents(submission)
        fates = [*found.documents, *found.notebooks, *found.forms, *found.helpers, *found.unread]
        empty = {file for file in found.unreadable if file not in found.unread}
        assert sorted([*fates, *empty]) == sorted(submission.files), "each file has one fate"
        return found


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_document(name, tmp_path):
    content, ending = DOCUMENTS[name]
    assert contents(tmp_path, {name: content}).documents == {name: ending}


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_notebook(name, tmp_path):
    found = contents(tmp_path, {name: NOTEBOOKS[name]})
    assert [cell.source for cell in found.notebooks[name].cells] == ["# Problem 1"]


@pytest.mark.parametrize("name", HELPERS)
def test_a_helper(name, tmp_path):
    assert contents(tmp_path, {name: HELPERS[name], "report.md": TEXT}).helpers == (name,)


@pytest.mark.parametrize("name", UNREAD)
def test_what_a_person_must_look_at(name, tmp_path):
    found = contents(tmp_path, {name: UNREAD[name], "report.md": TEXT})
    assert list(found.unread) == [name]
    assert found.unread[name]
    assert list(found.documents) == ["report.md"]


def test_all_at_once_and_each_by_itself(tmp_path):
    files = {f"d{n}/{name}": content for n, (name, (content, _)) in enumerate(DOCUMENTS.items())}
    files |= {f"h/{name}": content for name, content in HELPERS.items()}
    files |= {f"u/{name}": content for name, content in UNREAD.items()}
    found = contents(tmp_path, files)
    assert len(found.documents) + len(found.helpers) == len(DOCUMENTS) + len(HELPERS), "some are copies of others"
    assert len(found.unread) == len(UNREAD)


@pytest.mark.parametrize(
    ("files", "runs"),
    [
        ({"model.py": b"x = 1"}, ["model.py"]),
        ({"model.py.txt": b"x = 1"}, ["model.py.txt"]),
        ({"model.py": b"x = 1", "hw4.ipynb": NOTEBOOK}, ["hw4.ipynb"]),
        ({"model.py": b"x = 1", "hw4.ipynb.json": NOTEBOOK}, ["hw4.ipynb.json"]),
        ({"model.py": b"", "other.py": b"x = 1"}, ["other.py"]),
    ],
)
def test_scripts_run_where_there_are_no_notebooks(files, runs, tmp_path):
    found = contents(tmp_path, files)
    assert list(found.notebooks) == runs
    assert found.unread == {}


def test_what_is_wrong_with_a_script_is_said(tmp_path):
    (tmp_path / "a.py").write_bytes(b"# coding: none\n")
    assert "is empty" in contents(tmp_path, {"b.md": TEXT}).unreadable["a.py"]


COPIES = {
    "in a folder": (["report.md", "old/report.md"], ["old/report.md"]),
    "by a download": (["report.md", "report.md (1)"], ["report.md (1)"]),
    "a notebook": (["a.ipynb", "hw/a.ipynb"], ["hw/a.ipynb"]),
    "under another name": (["report.md", "answer.md"], []),
}


@pytest.mark.parametrize(("files", "copies"), COPIES.values(), ids=COPIES)
def test_what_is_handed_in_twice_is_read_once(files, copies, tmp_path):
    found = contents(tmp_path, {name: NOTEBOOK if name.endswith("ipynb") else TEXT for name in files})
    assert list(found.helpers) == copies
    assert found.unread == {}


def test_two_versions_of_a_report_are_both_read(tmp_path):
    found = contents(tmp_path, {"report.md": TEXT, "old/report.md": TEXT.replace(b"608", b"600")})
    assert sorted(found.documents) == ["old/report.md", "report.md"]


SHOWN = {
    "in Markdown": ("report.md", b"![loss](figures/loss%20curve.png)", "figures/loss curve.png"),
    "in HTML": ("report.md", b"<img width=3 src='loss.PNG'>", "loss.png"),
    "in LaTeX": ("report.tex", b"\\includegraphics[width=\\textwidth]{figures/loss}", "figures/loss.png"),
    "in LaTeX, with its ending": ("report.tex", b"\\includegraphics*{loss.jpg}", "loss.jpg"),
    "by a script": ("model.py", b"plt.savefig('out/loss.svg')", "out/loss.svg"),
    "by a notebook": ("hw.ipynb", NOTEBOOK.replace(b"# Problem 1", b"![](loss.png)"), "loss.png"),
    "a PDF in LaTeX": ("report.tex", b"\\includegraphics{loss.pdf}", "loss.pdf"),
}


@pytest.mark.parametrize("name", SHOWN)
def test_a_picture_that_is_shown_answers_nothing_by_itself(name, tmp_path):
    file, content, picture = SHOWN[name]
    found = contents(tmp_path, {file: content, picture: PDF if picture.endswith(".pdf") else PNG})
    assert (found.helpers, found.unread) == ((picture,), {})


def test_a_picture_that_is_only_spoken_of_in_other_words(tmp_path):
    found = contents(tmp_path, {"report.md": b"See my solution.", "solution.png": PNG})
    assert list(found.unread) == ["solution.png"]


@pytest.mark.parametrize(
    "name",
    [
        "answers.yaml", "Answers.yml", "answers-1.yaml", "answers (1).yaml", "answers.yaml.txt", "answers.json",
        "ANSWERS.YAML", "sub/answers_2.yml", "my answers.yaml", "ada_answers.yaml", "answers_final.yaml",
        "answers copy.yaml", "answers - Copy.yaml",
    ],
)  # fmt: skip
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_a_form(name, encoding, tmp_path):
    found = contents(tmp_path, {name: "1:\r\n  parameters: 608\r\n".encode(encoding)})
    assert found.forms[name].lstrip("\ufeff") == "1:\n  parameters: 608\n"


def test_a_form_that_is_too_large_is_named(tmp_path):
    with open(tmp_path / "answers.yaml", "wb") as file:
        file.truncate(21 * 2**20)
    assert "is larger than 20 MB" in contents(tmp_path, {"report.md": TEXT}).unread["answers.yaml"]

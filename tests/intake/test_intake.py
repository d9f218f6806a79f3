"""What students hand in: folders, archives and files; hostile and broken ones are refused in clear words."""

import io
import json
import os
import stat
import tarfile
import zipfile

import nbformat
import pytest

from grader.core.errors import SubmissionError
from grader.core.handin import HandedInFile, Handin, Person
from grader.intake import open_submission
from grader.intake.digest import digest_of_handin
from grader.intake.read import read_notebook, read_text


def files_in(path):
    with open_submission(path) as submission:
        assert all((submission.root / name).is_file() for name in submission.files)
        return submission.id, submission.files, submission.ignored


def zipped(path, entries):
    """Entries are (name, content) or a ZipInfo with content."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, content in entries:
            archive.writestr(name, content)
    return path


def tarred(path, entries, mode="w:gz"):
    """Entries are (name, content), or a TarInfo without any."""
    with tarfile.open(path, mode) as archive:
        for entry in entries:
            info, content = (
                (entry, b"") if isinstance(entry, tarfile.TarInfo) else (tarfile.TarInfo(entry[0]), entry[1])
            )
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return path


def special(name, kind, target=""):
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


def mode(name, kind):
    info = zipfile.ZipInfo(name)
    info.external_attr = (kind | 0o644) << 16
    return info


PACKERS = {
    "a.zip": zipped,
    "a.ZIP": zipped,
    "a.tar": lambda path, entries: tarred(path, entries, "w"),
    "a.tar.gz": tarred,
    "a.tgz": tarred,
    "a.tar.bz2": lambda path, entries: tarred(path, entries, "w:bz2"),
    "a.tar.xz": lambda path, entries: tarred(path, entries, "w:xz"),
}


@pytest.mark.parametrize("name", PACKERS)
def test_archives(name, tmp_path):
    path = PACKERS[name](tmp_path / name, [("set4/report.md", b"x"), ("set4/nb/3B.ipynb", b"{}")])
    assert files_in(path) == ("a", ("report.md", "nb/3B.ipynb"), ())


def test_what_an_archive_may_hold(tmp_path):
    entries = [
        ("Ada Lovelace/Problem 3: CNN.ipynb", b"{}"),
        ("Ada Lovelace/über.md", b"x"),
        ("__MACOSX/Ada Lovelace/._über.md", b"x"),
        ("._Ada Lovelace", b"x"),
        ("Ada Lovelace/._Problem 3.ipynb", b"x"),
        ("Ada Lovelace/.DS_Store", b"x"),
        ("Ada Lovelace/.ipynb_checkpoints/old.ipynb", b"{}"),
    ]
    expected = ("ada.lovelace", ("Problem 3: CNN.ipynb", "über.md"), ())
    assert files_in(zipped(tmp_path / "ada.lovelace.zip", entries)) == expected


def test_a_folder_is_read_where_it_is(tmp_path):
    folder = tmp_path / "ben"
    (folder / "sub").mkdir(parents=True)
    (folder / "sub" / "a.md").write_text("x")
    (folder / "link.md").symlink_to("/etc/passwd")
    (folder / "all").symlink_to("/etc")
    os.mkfifo(folder / "pipe.ipynb")
    open(os.fsencode(folder) + b"/\xff.md", "w").close()
    name, files, ignored = files_in(folder)
    assert (name, files) == ("ben", ("sub/a.md",))
    assert sorted(ignored) == [
        "?.md (its name is not UTF-8)", "all (a link)", "link.md (a link)", "pipe.ipynb (no regular file)"
    ]  # fmt: skip


def test_a_single_file(tmp_path):
    (tmp_path / "report.final.md").write_text("x")
    assert files_in(tmp_path / "report.final.md") == ("report.final", ("report.final.md",), ())


def encrypted(path):
    zipped(path, [("secret.md", b"x")])
    content = bytearray(path.read_bytes())
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(signature) + offset] |= 1
    path.write_bytes(content)


def cut(path):
    path.write_bytes(path.read_bytes()[:-30])


def damaged(path):
    zipped(path, [("a.md", os.urandom(1000))])
    content = bytearray(path.read_bytes())
    content[200:220] = bytes(20)
    path.write_bytes(content)


MEGABYTE = bytes(1 << 20)
# name: (file, how it is made, what is said of it)
REFUSED = {
    "nothing": ("a.zip", lambda path: None, "no such file or folder"),
    "a pipe": ("a.md", os.mkfifo, "neither a folder nor a regular file"),
    "an empty folder": ("a", os.mkdir, "is empty"),
    "an empty zip": ("a.zip", lambda path: zipped(path, []), "is empty"),
    "only junk": ("a.zip", lambda path: zipped(path, [("__MACOSX/a", b"x"), (".DS_Store", b"x")]), "is empty"),
    "a link in a zip": ("a.zip", lambda path: zipped(path, [(mode("x", stat.S_IFLNK), "/etc")]), "x (a link"),
    "a pipe in a zip": ("a.zip", lambda path: zipped(path, [(mode("x", stat.S_IFIFO), "")]), "x (a link"),
    "an absolute path in a zip": (
        "a.zip", lambda path: zipped(path, [("/tmp/x", "")]), "tmp/x (its name leads out"),
    "a way out of a zip": ("a.zip", lambda path: zipped(path, [("a/../../x", "")]), "a/../../x (its name leads out"),
    "a way out for Windows": ("a.zip", lambda path: zipped(path, [("a\\..\\..\\x", "")]), "leads out of the archive"),
    "a drive": ("a.zip", lambda path: zipped(path, [("C:x", "")]), "C:x (its name leads out"),
    "a password": ("a.zip", encrypted, "secret.md (encrypted)"),
    "a cut zip": ("a.zip", lambda path: cut(zipped(path, [("a.md", b"x")])), "can't be unpacked"),
    "a damaged zip": ("a.zip", damaged, "a.md (can't be unpacked"),
    "no zip": ("a.zip", lambda path: path.write_bytes(b"<html>"), "can't be unpacked"),
    "a bomb": ("a.zip", lambda path: zipped(path, [(f"{i}", MEGABYTE * 100) for i in range(6)]), "unpacks to more"),
    "too many files": ("a.zip", lambda path: zipped(path, [(f"{i}", b"") for i in range(2001)]), "more than 2000"),
    "a name that is too long": ("a.zip", lambda path: zipped(path, [("a" * 300, b"x")]), "File name too long"),
    "a link in a tar": ("a.tgz", lambda path: tarred(path, [special("x", tarfile.SYMTYPE, "/etc")]), "x (a link"),
    "a hard link": ("a.tgz", lambda path: tarred(path, [special("x", tarfile.LNKTYPE, "/etc")]), "x (a link"),
    "a device": ("a.tgz", lambda path: tarred(path, [special("x", tarfile.CHRTYPE)]), "x (a link"),
    "a pipe in a tar": ("a.tgz", lambda path: tarred(path, [special("x", tarfile.FIFOTYPE)]), "x (a link"),
    "a way out of a tar": ("a.tgz", lambda path: tarred(path, [("../x", b"")]), "../x (its name leads out"),
    "an absolute path in a tar": ("a.tgz", lambda path: tarred(path, [("/x", b"")]), "x (its name leads out"),
    "a cut tar": ("a.tgz", lambda path: cut(tarred(path, [("x", os.urandom(5000))])), "can't be unpacked"),
    "too large a file": ("a.md", lambda path: (path.touch(), os.truncate(path, 501 << 20)), "is larger than 500 MB"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused(name, tmp_path, monkeypatch):
    file, make, said = REFUSED[name]
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    make(tmp_path / file)
    with pytest.raises(SubmissionError) as caught, open_submission(tmp_path / file):
        pass
    assert said in caught.value.found and caught.value.where == str(tmp_path / file)
    assert not list(tmp_path.glob("grader-files-*")), "something was left behind"


def cell(source, **fields):
    return {"cell_type": "code", "source": source, "metadata": {}, "outputs": [], "execution_count": None, **fields}


def notebook(*cells, metadata=None, **fields):
    return json.dumps({"cells": cells, "metadata": metadata or {}, "nbformat": 4, "nbformat_minor": 5, **fields})


V3 = {
    "nbformat": 3,
    "nbformat_minor": 0,
    "metadata": {},
    "worksheets": [{"cells": [{"cell_type": "code", "input": ["x = 1\n", "y"], "outputs": [], "language": "python"}]}],
}
V3_PROMPTS = {
    **V3,
    "worksheets": [{"cells": [{**V3["worksheets"][0]["cells"][0], "prompt_number": 7, "collapsed": False}]}],
}
BARE = {"cells": [{"cell_type": "code", "source": ["x = 1\n", "y"]}], "nbformat": 4, "nbformat_minor": 4}
# name: content whose one cell is "x = 1\ny"
READ = {
    "as Jupyter writes it": notebook(cell("x = 1\ny")),
    "in lines": notebook(cell(["x = 1\n", "y"])),
    "of version 3": json.dumps(V3),
    "without metadata and outputs": json.dumps(BARE),
    "of a later minor version": notebook(cell("x = 1\ny"), nbformat_minor=99),
    "with strange outputs": notebook(cell("x = 1\ny", outputs=[None, 5, {"output_type": "x"}])),
    "with no list of outputs": notebook(cell("x = 1\ny", outputs={"a": 1})),
    "with strange metadata": notebook(cell("x = 1\ny"), metadata={"kernelspec": 3, "language_info": []}),
    "with a byte order mark": b"\xef\xbb\xbf" + notebook(cell("x = 1\ny")).encode(),
    "in UTF-16": notebook(cell("x = 1\ny")).encode("utf-16"),
    "of version 3, with prompts": json.dumps(V3_PROMPTS),
    "of Python 2": notebook(cell("x = 1\ny"), metadata={"kernelspec": {"name": "python2", "language": "python"}}),
    "of Python 2, by its language": notebook(cell("x = 1\ny"), metadata={"language_info": {"name": "python2"}}),
    "of an environment called as another language": notebook(
        cell("x = 1\ny"), metadata={"kernelspec": {"name": "r-dl", "language": "python"}}
    ),
    "of Colab": notebook(cell("x = 1\ny"), metadata={"colab": {}, "kernelspec": {"name": "python3"}}),
}  # fmt: skip


@pytest.mark.parametrize("name", READ)
def test_a_notebook(name, tmp_path):
    path, content = tmp_path / "a.ipynb", READ[name]
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    found = read_notebook(path, "a.ipynb")
    assert [(c.cell_type, c.source) for c in found.cells] == [("code", "x = 1\ny")]
    assert all(isinstance(output, dict) for output in found.cells[0].outputs)
    assert found.cells[0].metadata is not None


def test_a_kernel_that_is_called_as_another_language_and_says_none(tmp_path):
    """What its cells hold decides."""
    cells = [cell("%matplotlib inline\nfrom math import pi"), cell("pi")]
    (tmp_path / "a.ipynb").write_text(notebook(*cells, metadata={"kernelspec": {"name": "r-dl"}}))
    assert len(read_notebook(tmp_path / "a.ipynb", "a.ipynb").cells) == 2


def test_half_characters_are_replaced(tmp_path):
    (tmp_path / "a.ipynb").write_text(notebook(cell("x = '\ud800'")))
    read_notebook(tmp_path / "a.ipynb", "a.ipynb").cells[0].source.encode()


COLAB_EXPORT = """# -*- coding: utf-8 -*-
\"""Sheet 4.ipynb

Automatically generated by Colaboratory.

Original file is located at
    https://colab.example/drive/1
\"""

!pip install "torchsummary
# Commented out IPython magic to ensure Python compatibility.
# %cd /content

\"""# Problem 3B

Some words.\"""

text = \"""
\"""
get_ipython().system('pip install einops')

\"""## Problem 3C\"""

y = 2
"""
NBCONVERT_EXPORT = """#!/usr/bin/env python
# coding: utf-8

# # Problem 3B
#
# Some words.

# In[1]:


x = 1
# done


# ## Problem 3C

# In[ ]:


y = 2
"""
# name: (a script, its cells)
SCRIPTS = {
    "editors' cells": (
        "import os\n# %% [markdown]\n# # Problem 3B\n# Some words.\n# %%\nx = 1\n\n#%% Problem 3C\ny = 2\n",
        ["import os", "M# Problem 3B\nSome words.", "x = 1", "M## Problem 3C", "y = 2"],
    ),
    "editors' cells, with settings": (
        '# %% {"id": "a"}\nx = 1\n# %% [md] id="b"\n"""\n# Problem 3B\n"""\n', ["x = 1", "M# Problem 3B"],
    ),
    "an export from Colab": (
        COLAB_EXPORT,
        [
            '!pip install "torchsummary\n# Commented out IPython magic to ensure Python compatibility.\n# %cd /content',
            "M# Problem 3B\n\nSome words.", 'text = """\n"""\nget_ipython().system(\'pip install einops\')',
            "M## Problem 3C", "y = 2",
        ],
    ),
    "an export by nbconvert": (
        NBCONVERT_EXPORT,
        ["M# Problem 3B\n\nSome words.", "x = 1\n# done", "M## Problem 3C", "y = 2"],
    ),
    "Markdown as PyCharm writes it": (
        "#%% md\n# Problem 3B\nSome words.\n#%%\nx = 1\n",
        ["M# Problem 3B\nSome words.", "x = 1"],
    ),
    "a plain script": ('"""What it does."""\n\nx = 1\n\n# y\n', ['"""What it does."""\n\nx = 1\n\n# y']),
    "ends of lines and a byte order mark": ("\ufeffif x:\r\n\ty = 2\r\n", ["if x:\n\ty = 2"]),
    "ends of lines of old": ("x = 1\ry = 2", ["x = 1\ny = 2"]),
    "what is no Python": ("# %%\nprint 'x'\n# %%\ny = 2", ["print 'x'", "y = 2"]),
    "an export that is no Python": (COLAB_EXPORT.replace("y = 2", "y = (2"), None),
}  # fmt: skip


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_is_cut_into_cells(name, tmp_path):
    text, cells = SCRIPTS[name]
    (tmp_path / "a.py").write_bytes(text.encode())
    found = [
        "M" * (c.cell_type == "markdown") + c.source.strip("\n") for c in read_notebook(tmp_path / "a.py", "a.py").cells
    ]
    if cells is None:
        assert found[-1].endswith("y = (2")
    else:
        assert found == cells


def test_a_script_in_the_encoding_that_it_names(tmp_path):
    (tmp_path / "a.py").write_bytes("# -*- coding: latin-1 -*-\nx = 'ü'".encode("latin-1"))
    assert "ü" in read_notebook(tmp_path / "a.py", "a.py").cells[0].source


NO_NOTEBOOKS = {
    "empty": (b"", "is empty"),
    "blank": (b"\n \n", "is empty"),
    "a zip": (b"PK\x03\x04\x14\x00", "is a zip archive"),
    "packed": (b"\x1f\x8b\x08\x00", "is packed with gzip"),
    "a pointer of Git LFS": (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "a pointer of Git LFS"),
    "a shortcut to a Drive": (b'{"url": "https://x", "doc_id": "1", "email": "a@b"}', "a shortcut to Google Drive"),
    "a web page": (b"\n<!DOCTYPE html><html>", "is a web page"),
    "a PDF": (b"%PDF-1.4", "is a PDF"),
    "text": (b"hello", "is not JSON"),
    "cut": (notebook(cell("x"))[:-9].encode(), "is not JSON"),
    "a list": (b"[1]", "it has no cells"),
    "a number": (b"3", "it has no cells"),
    "without cells": (b"{}", "it has no cells"),
    "cells of another type": (b'{"cells": {"a": 1}}', "it has no cells"),
    "worksheets of another type": (b'{"worksheets": [null]}', "it has no cells"),
    "a cell that is nothing": (notebook(None).encode(), "cell 1 is no cell"),
    "a source that is a number": (notebook(cell("x"), cell(5)).encode(), "cell 2 is no cell"),
    "a source of numbers": (notebook(cell([1, 2])).encode(), "cell 1 is no cell"),
    "a cell without a type": (b'{"cells": [{"source": ""}], "nbformat": 4, "nbformat_minor": 4}', "cell 1 is no cell"),
    "deep": (b'{"cells": ' + b"[" * 10**5 + b"]" * 10**5 + b"}", "is nested too deeply"),
    "a huge number": (b'{"cells": [], "nbformat": ' + b"9" * 5000 + b"}", "is not JSON"),
    "of a version to come": (notebook(cell("x"), nbformat=99).encode(), "is no valid notebook"),
    "too many cells": (notebook(*[cell("x")] * 30_000).encode(), "has 30,000 cells"),
    "too many cells of version 3": (
        json.dumps({"worksheets": [{"cells": V3["worksheets"][0]["cells"] * 30_000}]}).encode(), "has 30,000 cells"
    ),
    "in R": (notebook(cell("x"), metadata={"kernelspec": {"name": "ir", "language": "R"}}).encode(), "a notebook in R"),
    "in R, as Colab says it": (notebook(cell("x"), metadata={"kernelspec": {"name": "ir"}}).encode(), "in R;"),
    "in Julia, by its kernel": (
        notebook(cell("x"), metadata={"kernelspec": {"name": "julia-1.10"}}).encode(), "in julia;"
    ),
    "in Julia": (notebook(cell("x"), metadata={"language_info": {"name": "julia"}}).encode(), "a notebook in julia"),
}  # fmt: skip


@pytest.mark.parametrize("name", NO_NOTEBOOKS)
def test_what_is_no_notebook(name, tmp_path):
    content, said = NO_NOTEBOOKS[name]
    (tmp_path / "a.ipynb").write_bytes(content)
    with pytest.raises(SubmissionError) as caught:
        read_notebook(tmp_path / "a.ipynb", "hw/a.ipynb")
    assert said in caught.value.found and caught.value.where == "hw/a.ipynb"


def test_a_notebook_that_is_too_large_is_not_read(tmp_path):
    with open(tmp_path / "a.ipynb", "wb") as file:
        file.truncate(101 << 20)
    with pytest.raises(SubmissionError, match="clear its outputs"):
        read_notebook(tmp_path / "a.ipynb", "a.ipynb")


def test_a_text_that_is_too_large_is_not_read(tmp_path):
    with open(tmp_path / "answers.yaml", "wb") as file:
        file.truncate(21 << 20)
    with pytest.raises(SubmissionError, match="larger than 20 MB"):
        read_text(tmp_path / "answers.yaml", "answers.yaml")


def test_what_is_read_can_be_written(tmp_path):
    """Whatever was read is a valid notebook again."""
    for content in READ.values():
        (tmp_path / "a.ipynb").write_bytes(content if isinstance(content, bytes) else content.encode())
        nbformat.writes(read_notebook(tmp_path / "a.ipynb", "a.ipynb"))


def test_long_notebooks_and_large_outputs_are_read(tmp_path):
    output = {"output_type": "stream", "name": "stdout", "text": ["x" * 10_000] * 8000}
    (tmp_path / "a.ipynb").write_text(notebook(cell("x", outputs=[output]), *[cell("x")] * 9999))
    assert len(read_notebook(tmp_path / "a.ipynb", "a.ipynb").cells) == 10_000


def test_a_folder_that_can_not_be_read_is_no_missing_one(tmp_path, monkeypatch):
    (tmp_path / "ada").mkdir()
    (tmp_path / "ada" / "report.md").write_text("60")
    ada = Person(name="Ada")
    handin = Handin(key="ada", people=(ada,), files=(HandedInFile(path=tmp_path / "ada", name="ada"),))
    alone = digest_of_handin(handin)
    (tmp_path / "ada" / "closed").mkdir()
    look = os.scandir

    def refuses(path):
        if os.fspath(path).endswith("closed"):
            raise PermissionError(13, "Permission denied", os.fspath(path))
        return look(path)

    monkeypatch.setattr(os, "scandir", refuses)
    assert digest_of_handin(handin) != alone

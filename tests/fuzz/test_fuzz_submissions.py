"""Whole submissions of any text are graded, and every report on them can be written."""

import json
import shutil
import zipfile

from hypothesis import given
from hypothesis import strategies as st
from inputs import ADA, ANSWERS, NOTEBOOK, broken, fuzz, grade
from test_fuzz_text import PIECES

from grader.core.errors import SubmissionError

REPORT = (ADA / "report.md").read_bytes()
TEXTS = st.lists(st.sampled_from(PIECES) | st.text(max_size=9), max_size=60).map(
    lambda p: "".join(p).encode("utf-8", "replace")
)
NAMES = st.sampled_from(
    ["report.md", "1A.txt", "a/b.tex", "report.pdf", "main.py", "2A.ipynb", "x.bin", "a\u202eb.md", "=1+1.md"]
)
CONTENTS = TEXTS | broken(REPORT) | st.binary(max_size=100) | st.just(json.dumps(NOTEBOOK).encode())


@fuzz(100)
@given(st.dictionaries(NAMES, CONTENTS, max_size=4), st.booleans())
def test_any_files(tmp_path, files, packed):
    folder = tmp_path / "ada"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for name, content in files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(content)
    target = folder
    if packed:
        target = tmp_path / "ada.zip"
        with zipfile.ZipFile(target, "w") as archive:
            for name in files:
                archive.write(folder / name, name)
    try:
        grade(target, ANSWERS)
    except SubmissionError:
        assert not files

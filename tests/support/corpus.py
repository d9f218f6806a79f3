"""Notebooks and scripts in the styles that students write, each beside what must be read from it.

A fixture is one Markdown file. Its front matter (YAML) is what must be read; below it stand the cells: text is a
Markdown cell (a line `+++` begins another), ```` ```python ```` is a code cell (`[7]` behind it is its execution
count), and ```` ```output ````, ```` ```result ```` and ```` ```error ```` are the outputs that the student saved with
it. A fixture whose `file` is a script has one cell, which is the whole script.

What the front matter may hold:

    file      the name it is handed in under; without it a name that tells nothing
    fair      refit: network and recipe alone train what the student trained; replay: only the student's code can;
              person: nothing can
    obstacle  a part of why not even a replay can be scored
    limits    of the run, where they are not the usual ones
    fails     cells that don't finish: number to a part of the error
    models    the networks that were trained, in the order of their last step: cell, variable, headings, layers,
              settings of layers by position, unused layers, loose weights, what the recipe holds, and `named`: a
              part of each difference that must be named; nothing else may be, unless `may` has a part of it
    graded    which of the models `fair` speaks of, counted from 1; without it the last
    claims    the accuracies that saved outputs state
    answers   problems of the assignment to the model that answers, counted from 1; null where a person is asked;
              a list where either is right
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
from ruamel.yaml import YAML

FOLDER = Path(__file__).parents[1] / "corpus"
_BLOCK = re.compile(r"^```(python|output|result|error)(?: \[(\d+)\])?\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Fixture:
    """What a student handed in, and what must be read from it."""

    name: str
    expected: dict[str, Any]
    body: str

    @property
    def file(self) -> str:
        return self.expected.get("file", "network.ipynb")

    def write(self, folder: Path) -> Path:
        """The file as the student handed it in."""
        path = folder / self.file
        if path.suffix == ".py":
            (script,) = _BLOCK.findall(self.body)
            path.write_text(script[2])
        else:
            nbformat.write(nbformat.v4.new_notebook(cells=list(_cells(self.body))), path)
        return path


def load(name: str) -> Fixture:
    _, header, body = (FOLDER / f"{name}.md").read_text().split("---\n", 2)
    return Fixture(name, YAML(typ="safe").load(header), body)


def names() -> list[str]:
    return sorted(path.stem for path in FOLDER.glob("*.md"))


def submissions() -> dict[str, dict[str, Any]]:
    """Fixtures handed in together: the name of each file to its fixture, and which file answers which problem."""
    return YAML(typ="safe").load(FOLDER / "submissions.yaml")


def _cells(body: str) -> list[nbformat.NotebookNode]:
    cells: list[nbformat.NotebookNode] = []
    end = 0
    for block in _BLOCK.finditer(body):
        cells += _markdown(body[end : block.start()])
        end = block.end()
        kind, count, text = block.groups()
        if kind == "python":
            cells.append(nbformat.v4.new_code_cell(text.rstrip("\n"), execution_count=count and int(count)))
        else:
            cells[-1].outputs.append(_output(kind, text))
    return [*cells, *_markdown(body[end:])]


def _markdown(text: str) -> list[nbformat.NotebookNode]:
    parts = re.split(r"^\+\+\+$", text, flags=re.MULTILINE)
    return [nbformat.v4.new_markdown_cell(part.strip("\n")) for part in parts if part.strip()]


def _output(kind: str, text: str) -> nbformat.NotebookNode:
    if kind == "output":
        return nbformat.v4.new_output("stream", name="stdout", text=text)
    if kind == "result":
        return nbformat.v4.new_output("execute_result", data={"text/plain": text.rstrip("\n")})
    name, _, value = text.strip().partition(": ")
    return nbformat.v4.new_output("error", ename=name, evalue=value, traceback=[text.strip()])

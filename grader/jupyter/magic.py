"""The magics `%%check 3B`, which runs its cell and judges its network, and `%check 3B` for what ran before."""

import argparse
import shlex
import sys
from pathlib import Path
from typing import Any, NoReturn

from grader.jupyter.cells import Cell, Cells

_loaded: dict[int, "Magic"] = {}


def load(shell: Any) -> None:
    """Register the magics; the cells that ran before are known by what the shell remembers."""
    if id(shell) in _loaded:
        return
    magic = _loaded[id(shell)] = Magic(shell)
    shell.register_magic_function(magic.check, magic_kind="line_cell", magic_name="check")
    shell.events.register("pre_run_cell", magic.begins)
    shell.events.register("post_run_cell", magic.ended)


class Magic:
    """`check` in one shell."""

    def __init__(self, shell: Any) -> None:
        self.shell = shell
        self.cells = Cells(shell.user_ns.get("In", [])[1:])
        self.running = ""  # the id of the cell that runs
        self.inside = False

    def begins(self, info: Any) -> None:
        """A cell begins."""
        if not self.inside:
            self.running = str(getattr(info, "cell_id", None) or "")

    def ended(self, result: Any) -> None:
        """A cell ended; one with `%%check` is kept by that itself."""
        if self.inside or result.info is None or result.info.raw_cell.lstrip().startswith("%%check"):
            return
        if result.success:
            self.cells.ran(self.running, Cell(code=result.info.raw_cell))
        else:
            self.cells.failed(self.running)

    def check(self, line: str, cell: str | None = None) -> Any:
        """Judge the network that answers a problem, as `grader check` does with the notebook as it ran.

        `%%check 3B` runs the cell first. `--no-retrain` leaves the accuracy out, `--rubric FILE` names the assignment.
        """
        try:
            asked = _asked(line)
        except ValueError as error:
            print(error, file=sys.stderr)  # noqa: T201  # a notebook's cell is where it is read
            return None
        if cell is not None and not self._run(cell, asked.problem):
            return None
        return _judged(self.cells, asked)

    def _run(self, cell: str, problem: str) -> bool:
        """Run the body as a cell; whether it came to its end."""
        said = _Heard(sys.stdout)
        self.inside = True
        sys.stdout = said
        try:
            result = self.shell.run_cell(cell)
        finally:
            sys.stdout, self.inside = said.stream, False
        if not result.success:
            self.cells.failed(self.running)
            return False
        self.cells.ran(self.running, Cell(code=cell, printed=said.text, problem=problem))
        return True


def _judged(cells: Cells, asked: argparse.Namespace) -> Any:
    from grader.core.errors import GraderError
    from grader.jupyter.feedback import Feedback
    from grader.jupyter.judging import judge
    from grader.rubric import load_rubric
    from grader.rubric.edition import find_edition

    def say(line: str) -> None:
        print(line, flush=True)  # noqa: T201  # progress, below the cell

    here = Path.cwd()
    try:
        rubric = load_rubric(asked.rubric or find_edition(here))
        problem = rubric.problem(asked.problem)
        name = problem.id if problem else asked.problem
        more = ["--no-retrain"] if asked.no_retrain else []
        return Feedback(judge(cells.notebook(name), name, rubric, here, say, more))
    except GraderError as error:
        print(error, file=sys.stderr)  # noqa: T201
        return None


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise ValueError(f"{message}. Write: %%check 3B, with the problem's label.")


def _asked(line: str) -> argparse.Namespace:
    parser = _Parser(prog="%%check", add_help=False)
    parser.add_argument("problem")
    parser.add_argument("--rubric", default="")
    parser.add_argument("--no-retrain", action="store_true")
    return parser.parse_args(shlex.split(line))


class _Heard:
    """A stream that is heard as well: what a cell prints is what its notebook would save."""

    _MOST = 200_000

    def __init__(self, stream: Any) -> None:
        self.stream = stream
        self.text = ""

    def write(self, text: str) -> int:
        """Write on, and remember."""
        self.text = (self.text + text)[-self._MOST :]
        return int(self.stream.write(text) or 0)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)

"""`variable`: the value of a variable when the notebook has run."""

from typing import ClassVar, Literal

from pydantic import Field, model_validator

from grader.checks._base import Check, Needs, absent
from grader.core.evidence import NotebookRun, ProblemEvidence
from grader.core.outcome import Outcome, failed, manual, passed

_Value = float | str | bool | tuple[float, ...]


class Variable(Check):
    """A variable of the notebook by name: `expect` its value (give or take `tolerance`), or its `length` alone.

    The notebook is run with its training shortened: ask for what doesn't depend on how well a network was trained.
    """

    type: Literal["variable"] = "variable"
    variable: str
    expect: _Value | None = None
    length: int | None = Field(default=None, ge=0)
    tolerance: float = Field(default=1e-6, ge=0)

    needs: ClassVar[Needs] = frozenset({NotebookRun})

    @model_validator(mode="after")
    def _criterion(self) -> "Variable":
        if self.expect is None and self.length is None:
            raise ValueError("give `expect` or `length`")
        return self

    def asked(self) -> str:
        return f"Define the variable `{self.variable}` in the notebook."

    def notebook_variables(self) -> tuple[str, ...]:
        return (self.variable,)

    def judge(self, evidence: ProblemEvidence) -> Outcome:
        for notebook in evidence.notebooks:
            if self.variable in notebook.variables:
                return self._compare(notebook.variables[self.variable], notebook.file)
        advice = next(
            (
                f"{notebook.file}, cell {cell.index}: {cell.explanation or cell.error or cell.status}"
                for notebook in evidence.notebooks
                for cell in notebook.crashes
            ),
            "Run the notebook from the top and look whether the name is spelled as the problem spells it.",
        )
        for notebook in evidence.notebooks:
            if any(cell.status in ("timeout", "died") for cell in notebook.cells):
                message = f"{notebook.file} did not run to its end, so its variables could not be read; a person looks."
                return manual(message, source=notebook.file).model_copy(update={"advice": advice})
        return absent(
            evidence, f"No variable `{self.variable}` after the notebook has run.", advice=advice, in_text=False
        )

    def _compare(self, value: object, source: str) -> Outcome:
        observed = _shown(value)
        if self.length is not None:
            length = len(value) if isinstance(value, list | tuple | str | dict) else None
            if length != self.length:
                found = "no length" if length is None else f"{length} elements"
                return failed(
                    f"`{self.variable}` has {found}; {self.length} asked for.", observed=observed, source=source
                )
        if self.expect is not None and not _close(value, self.expect, self.tolerance):
            return failed(f"`{self.variable}` is {observed}, which is not right.", observed=observed, source=source)
        return passed(f"`{self.variable}` is as asked.", observed=observed, source=source)


def _close(value: object, expect: _Value, tolerance: float) -> bool:
    if isinstance(expect, bool) or isinstance(value, bool):
        return value is expect
    if isinstance(expect, str):
        return value == expect
    if isinstance(expect, tuple):
        return (
            isinstance(value, list | tuple)
            and len(value) == len(expect)
            and all(_close(v, e, tolerance) for v, e in zip(value, expect, strict=True))
        )
    try:
        return isinstance(value, int | float) and abs(float(value) - expect) <= tolerance
    except OverflowError:
        return False


def _shown(value: object) -> str:
    try:
        return str(value)[:200]
    except ValueError:  # Python writes no integer of more than 4300 digits
        return "a huge number"

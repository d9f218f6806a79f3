"""Saved outputs beside the accuracy that a reader takes for the network's, and what `reported` says of each."""

import sys
from pathlib import Path

import nbformat
from check_evidence import check_of, found, network
from ruamel.yaml import YAML

from grader.core.evidence import Lane, NotebookRun, ProblemEvidence, Retraining
from grader.core.outcome import Outcome
from grader.core.record import Record
from grader.observation.notebooks import claims_of, saved_claims

FOLDER = Path(__file__).parents[1] / "observation" / "saved_outputs"
_FILE = "3B.ipynb"
_AGAIN = 0.9641


class Saved(Record):
    """What one cell behind a training shows. `claim` is what is claimed; `person` or `none` stand in `kind` else."""

    name: str
    kind: str
    claim: float | None = None
    cell: dict[str, str]


def cases() -> list[Saved]:
    """All of them, in the order of the files."""
    found = []
    for path in sorted(FOLDER.glob("*.yaml")):
        for name, given in YAML(typ="safe").load(path).items():
            cell = {key: value for key, value in given.items() if key != "is"}
            found.append(Saved(name=name, kind=path.stem, claim=given.get("is"), cell=cell))
    return found


def outcome_of(case: Saved, again: float) -> Outcome:
    """What `reported` says where training the network again gave `again`."""
    claims = saved_claims(_notebook(case.cell), _FILE)
    (own,) = claims_of([1], claims)
    lane = Lane(seed=0, accuracy=again, curve=(), seconds=1)
    facts = {"dataset": "mnist", "threshold": 0.9, "planned": 1, "lanes": [lane], "verdict": "reached"}
    evidence = ProblemEvidence.model_validate(
        {"problem": "3B", "notebooks": (NotebookRun(file=_FILE, claims=claims),)}
        | network(cell=1, claims=own)
        | found(Retraining.model_validate(facts))
    )
    return check_of({"type": "reported"}).judge(evidence)


def judged(case: Saved) -> tuple[str, str]:
    """(what is said where the claim holds, what where training again came to far less)."""
    true = case.claim if case.claim is not None else _AGAIN
    return outcome_of(case, true).status, outcome_of(case, true - 0.05).status


def false(case: Saved) -> bool:
    """Whether a verdict is false; what a person decides is none.

    Where it is open what is claimed, all that may be may yet be too much.
    """
    honest, poor = judged(case)
    if case.kind == "person":
        return honest != "manual" or poor == "passed"
    right = ("passed", "failed") if case.kind == "claims" else ("failed", "failed")
    return any(said not in (wanted, "manual") for said, wanted in zip((honest, poor), right, strict=True))


def decided(case: Saved) -> bool:
    """Whether the true claim is passed, or that there is none is told."""
    return judged(case)[0] != "manual"


def _notebook(cell: dict[str, str]) -> nbformat.NotebookNode:
    v4 = nbformat.v4
    outputs = [v4.new_output("stream", name="stderr", text=cell["stderr"])] if "stderr" in cell else []
    outputs += [v4.new_output("stream", name="stdout", text=cell["output"])] if "output" in cell else []
    outputs += [v4.new_output("execute_result", data={"text/plain": cell["result"]})] if "result" in cell else []
    for kind in ("html", "markdown"):
        if kind in cell:
            data = {"text/plain": f"<IPython.core.display.{kind.upper()} object>", f"text/{kind}": cell[kind]}
            outputs.append(v4.new_output("display_data", data=data))
    code = v4.new_code_cell(cell.get("code", "report()"), outputs=outputs)
    return v4.new_notebook(cells=[v4.new_code_cell("train(net)"), code])


def main() -> int:
    """Print each false verdict and each that a person must decide, and how many there are."""
    every = cases()
    wrong = [case for case in every if false(case)]
    clear = [case for case in every if case.kind != "person"]
    left = [case for case in clear if not decided(case)]
    for title, some in (("false", wrong), ("left to a person", left)):
        for case in some:
            said = [f"{o.status}: {o.message}" for o in (outcome_of(case, case.claim or _AGAIN),)]
            sys.stdout.write(f"{title}: {case.kind}: {case.name}\n    {case.cell}\n    {said}\n")
    sys.stdout.write(f"{len(every)} saved outputs: {len(wrong)} false, {1 - len(left) / len(clear):.1%} decided\n")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())

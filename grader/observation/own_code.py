"""The student's own code at the places that findings name, for whoever reads them."""

from collections.abc import Mapping

from nbformat import NotebookNode

from grader.core.outcome import ProblemResult

_LONGEST = 2_000
_MOST = 12


def with_code(problem: ProblemResult, notebooks: Mapping[str, NotebookNode]) -> ProblemResult:
    """The problem with the code of each cell that a check, a network or a candidate for one names as its source."""
    named = [check.source for check in problem.checks]
    named += [str(network.model.source) for network in problem.networks]
    named += [str(candidate.source) for candidate in problem.candidates]
    code: dict[str, str] = {}
    for place in dict.fromkeys(part for source in named for part in source.split("; ")):
        if (found := _at(place, notebooks)) and len(code) < _MOST:
            code[place] = found if len(found) <= _LONGEST else f"{found[:_LONGEST].rstrip()} …"
    return problem.model_copy(update={"code": code}) if code else problem


def _at(place: str, notebooks: Mapping[str, NotebookNode]) -> str:
    """The code of a cell by its place as a source says it; empty where it is another thing."""
    file, _, number = place.rpartition(", cell ")
    if not number.isdecimal() or file not in notebooks or len(number) > 6:
        return ""
    cells, index = notebooks[file].cells, int(number)
    if not 1 <= index <= len(cells) or cells[index - 1].cell_type != "code":
        return ""
    return str(cells[index - 1].source).strip()

"""Says of each cell that did not finish what happened, whose doing it is, and what to do about it."""

import math
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cached_property

from nbformat import NotebookNode

from grader.core.cut import may_need_more
from grader.core.evidence import CellRun, NotebookRun
from grader.core.fault import Fault
from grader.guest.protocol import Origin
from grader.observation.failures import CASES, INSISTS_ON_GPU, LIMITS, UNKNOWN, Case
from grader.observation.findings import Failure

_MOST_NOTES = 20
_MOST_NUMBERS = 12
_MOST_ERROR = 320  # with the limit that `named` puts behind an error of a library
_WHOSE: dict[Fault, str] = {
    Fault.package: "The notebook may well be right: what it was run with lacks this.",
    Fault.grader: "This is no error of the notebook: while it is graded it can't have this.",
    Fault.machine: "This is no error of the notebook: it costs no points, and whoever keeps the grader mends it.",
}
_SHORTENED = (
    "The grader ran it on a part of the data, which may be the only reason: nobody loses points for that alone."
)
# Lines that bind names: what is found in the group of each.
_BINDS = re.compile(r"(?:async )?(?:def|class)\s+(\w+)|(?:import|from)\b(.*)|for\b(.*?)\bin\b|with\b.*\bas\b(.*)")
_ASSIGNS = re.compile(r"(?<![=!<>:])(?:[+*/%&|@-]|\*\*|//|<<|>>)?=(?!=)")
_PLACE = re.compile(r"\w+(?:\.\w+|\[[^\]]*\])+")  # of an object or a list: it binds no name
_TARGETS = re.compile(r"(?!\s*(?:assert|return|yield|print|lambda|if|while|del)\b)[\w\s,*()\[\]]*")
_WALRUS = re.compile(r"\b(\w+)\s{0,3}:=")
_MAGIC = re.compile(r"%%?(?:capture|sx?)\s+(?:-\S+\s+)*(\w+)")
# What makes names that stand nowhere in the code.
_MAKES_ANY = re.compile(r"\bimport\s*\*|\bexec\(|\bglobals\(\)|\bsetattr\(|^%(?:run|load\w*|store|pylab)\b")
_MOST_LINE = 500
_HEADS = ("if ", "elif ", "else:", "for ", "while ", "try:", "with ")

_MODULE_FILE = re.compile(r"\b(\w{1,80})\.py\b")
_LOOK_UP = "Look it up in the documentation of today's version."
# A name that a module hasn't: (module, name), or in an import (name, module).
_GONE_NAME = re.compile(
    r"AttributeError: module '([\w.]+)' has no attribute '(\w+)'"
    r"|ImportError: cannot import name '(\w+)' from '([\w.]+)'"
)
_ATTRIBUTE = re.compile(r"AttributeError: .*?has no attribute '(\w+)'")


def explain(
    notebook: NotebookNode,
    cells: Sequence[CellRun],
    shortened: Collection[int] = (),
    failures: Mapping[int, Failure] = {},
    files: Iterable[str] = (),
) -> tuple[CellRun, ...]:
    """The same cells; those that failed say why, whose doing it is, and what to do.

    `shortened` are the cells that saw only a part of the data: what fails there or behind may fail for that alone.
    `failures` holds by cell what the kernel says of errors that aren't the notebook's, `files` the names of what was
    handed in.
    """
    first_cut = min(shortened, default=math.inf)
    sources = _Sources(notebook, files)
    done: list[CellRun] = []
    failed: dict[int, CellRun] = {}
    for cell in cells:
        if cell.status in ("error", "timeout", "died"):
            case, names = _case(cell, sources, failed, failures.get(cell.index))
            sentence = case.happened.format_map(names)
            words = [f"{cell.error[:_MOST_ERROR].rstrip(' .:')}."]
            cut = cell.index >= first_cut and case.fault is Fault.student and not case.cause
            cut = cut and cell.status == "error" and may_need_more(cell.error)
            whose = _SHORTENED if cut else _WHOSE.get(case.fault, "")
            words += [_sentence(sentence), case.do.format_map(names), whose]
            text = " ".join(word for word in words if word)
            told = {"explanation": text, "fault": Fault.grader if cut else case.fault, "cause": case.cause}
            cell = cell.model_copy(update=told)  # noqa: PLW2901  # the same, told
            failed[cell.index] = cell
        done.append(cell)
    return tuple(done)


def notes(run: NotebookRun) -> Iterator[str]:
    """What a reader should know of how a notebook ran, each a sentence or two that names the cell."""
    followers: dict[int, list[int]] = {}
    for cell in run.crashes:
        if cell.cause is not None:
            followers.setdefault(cell.cause, []).append(cell.index)
    first = [cell for cell in run.crashes if cell.cause is None]
    for cell in first[:_MOST_NOTES]:
        yield f"{run.file}, cell {cell.index}: {cell.explanation or cell.error}"
        if cell.index in followers:
            yield f"{run.file}, {_cells(followers[cell.index])}: failed because cell {cell.index} did"
    if left := sum(1 + len(followers.get(cell.index, ())) for cell in first[_MOST_NOTES:]):
        yield f"{run.file}: {left:,} more cells failed"
    if left := sum(cell.status == "not run" for cell in run.cells):
        yield f"{run.file}: {left:,} cells after that were not run"
    yield from (f"{run.file}: {remark}" for remark in run.remarks)
    told = any(run.failure == f"cell {cell.index}: {cell.error}" for cell in run.crashes)
    whys = ("" if told else run.failure, run.machine_failure, run.cut_short)
    yield from (f"{run.file}: {why}" for why in whys if why)


def _cells(numbers: Sequence[int]) -> str:
    """Cells by their numbers, so many that they can be read."""
    if len(numbers) == 1:
        return f"cell {numbers[0]}"
    shown = numbers[: _MOST_NUMBERS if len(numbers) > _MOST_NUMBERS else -1]
    last = f"{len(numbers) - len(shown):,} more" if len(shown) == _MOST_NUMBERS else str(numbers[-1])
    return f"cells {', '.join(map(str, shown))} and {last}"


def _behind(line: str) -> str:
    """What stands behind the colon of `if ...: name = 1`."""
    return line.partition(": ")[2] if line.startswith(_HEADS) else ""


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}." if text else ""


class _Sources:
    """The code of a notebook, by cell, and what can be told of it without running it."""

    def __init__(self, notebook: NotebookNode, files: Iterable[str]) -> None:
        self.notebook, self.files = notebook, frozenset(files)
        self.lines = {
            number: [line.strip()[:_MOST_LINE] for line in str(cell.source).splitlines()]
            for number, cell in enumerate(notebook.cells, 1)
            if cell.cell_type == "code"
        }

    @cached_property
    def makers(self) -> dict[str, list[int]]:
        """The cells that bind each name, in order, as far as their lines tell."""
        found: dict[str, list[int]] = {}
        for number, lines in self.lines.items():
            for name in {name for line in lines for part in (line, _behind(line)) for name in _bound(part)}:
                found.setdefault(name, []).append(number)
        return found

    @cached_property
    def makes_any(self) -> bool:
        """Whether a line may make names that it doesn't write down."""
        return any(_MAKES_ANY.search(line) for lines in self.lines.values() for line in lines)

    @cached_property
    def modules(self) -> dict[str, str]:
        """Modules of the student's own by name, each with a file of it that was handed in; empty where it was only
        spoken of: written by a cell, fetched, or named in words, but not in a comment."""
        code = (line.partition("#")[0] for lines in self.lines.values() for line in lines)
        words = (str(cell.source) for cell in self.notebook.cells if cell.cell_type != "code")
        spoken = (name for text in (*code, *words) for name in _MODULE_FILE.findall(text))
        found = dict.fromkeys(spoken, "")
        for file in self.files:
            *folders, name = file.split("/")
            if name.endswith(".py"):
                found[name.removesuffix(".py")] = file
                found |= dict.fromkeys(folders, file)
        return found

    def asserts_gpu(self, cell: int) -> bool:
        return any("assert" in line and ("cuda" in line or "gpu" in line) for line in self.lines.get(cell, ()))


def _bound(line: str) -> Iterator[str]:
    """The names that a line binds, as far as it tells."""
    if match := _BINDS.match(line) or _MAGIC.match(line):
        yield from re.findall(r"\w+", match[match.lastindex or 0])
    yield from _WALRUS.findall(line)
    for statement in line.split(";"):
        *targets, _ = _ASSIGNS.split(statement)
        for target in (_PLACE.sub("", target).partition(":")[0] for target in targets):
            if _TARGETS.fullmatch(target) and target.count("(") == target.count(")"):  # else it is an argument
                yield from re.findall(r"\w+", target)


def _case(
    cell: CellRun, sources: _Sources, failed: Mapping[int, CellRun], failure: Failure | None
) -> tuple[Case, dict[str, str]]:
    """What is said of this failure, and what its words name; `failed` are the cells that failed before.

    What the kernel says of it goes before its words: that can only send it to a person.
    """
    if failure is not None and failure.origin is Origin.GRADER:
        return _own_fault(failure.place), {}
    if name := re.match(r"(?:NameError|UnboundLocalError): .*?'(\w+)'", cell.error):
        return _undefined(name[1], cell.index, sources, failed), {}
    if missing := re.match(r"ModuleNotFoundError: No module named '([\w.]+)'", cell.error):
        return _missing(missing[1], sources), {}
    if failure is not None and failure.origin is Origin.IMPORT:
        met = (case for case in LIMITS if re.search(case.pattern, cell.error))
        return next(met, _not_imported(failure.place)), {}
    if failure is not None:
        return _changed(failure.place, cell.error), {}
    if gone := _GONE_NAME.match(cell.error):
        attribute, module = gone[2] or gone[3], (gone[1] or gone[4]).split(".")[0]
        return _own_name(attribute, module) if module in sources.modules else _changed_name(attribute, module), {}
    if cell.error.startswith("AssertionError") and sources.asserts_gpu(cell.index):
        return INSISTS_ON_GPU, {}
    for case in CASES:
        if found := re.search(case.pattern, cell.error):
            return case, _names(found.groupdict())
    return UNKNOWN, {}


def _names(groups: Mapping[str, str | None]) -> dict[str, str]:
    """The groups of a pattern, and what is derived of them."""
    names = {key: value for key, value in groups.items() if value is not None}
    path = names.get("path") or names.get("other") or ""
    return names | {
        "file": path.rstrip("/").rsplit("/", 1)[-1] or path,
    }


def _undefined(name: str, index: int, sources: _Sources, failed: Mapping[int, CellRun]) -> Case:
    """A name that was never made: by a cell that failed, by one further down, or by none."""
    makers = sources.makers.get(name, [])
    if cause := next((failed[number] for number in makers if number in failed), None):
        return Case(
            happened=f"“{name}” is made in cell {cause.index}, which failed before",
            do=f"Mend cell {cause.index} first.",
            fault=cause.fault or Fault.student,
            cause=cause.cause or cause.index,
        )
    if later := next((number for number in makers if number > index), None):
        return Case(
            happened=f"“{name}” is made only further down, in cell {later}",
            do="Put the cells into the order in which they must run, and run them all from the top.",
        )
    if makers:
        return Case(
            happened=f"cell {makers[-1]} makes “{name}” only under a condition, which did not hold before it was used",
            do="Give it a value before the loop or the condition.",
        )
    first = next(iter(failed.values()), None)
    why = f"cell {first.index} failed before, which may be why; else " if first else ""
    none = f"“{name}” is not there" if sources.makes_any else f"no cell makes “{name}”"
    return Case(
        happened=f"{why}{none}, as when it was renamed or its cell deleted",
        do=UNKNOWN.do,
        fault=(first and first.fault) or Fault.student,
    )


def _own_fault(place: str) -> Case:
    return Case(
        happened=f"the grader's own code failed ({place})",
        do="Whoever grades looks at this part.",
        fault=Fault.machine,
    )


def _not_imported(library: str) -> Case:
    """Another machine may well have it as it should be, so that nothing of what follows is surely the notebook's."""
    return Case(
        happened=f"the library {library} fails while it is imported where it was run: it isn't installed there as it "
        "should be, or something that it needs was changed before",
        do="Whoever grades looks at this part, and whether the library can be imported there at all.",
        fault=Fault.package,
    )


def _changed(library: str, error: str) -> Case:
    """A library doesn't have what it is asked for by name, or doesn't take what it is given by name or by place."""
    if attribute := _ATTRIBUTE.match(error):
        return _changed_name(attribute[1], library)
    return Case(
        happened=f"the version of {library} that it was run with takes other arguments, or one is misspelt",
        do=_LOOK_UP,
        fault=Fault.package,
    )


def _changed_name(name: str, library: str) -> Case:
    return Case(
        happened=f"the version of {library} that it was run with has no “{name}”, or it is misspelt",
        do=_LOOK_UP,
        fault=Fault.package,
    )


def _own_name(name: str, module: str) -> Case:
    return Case(
        happened=f"the module {module} of the notebook's own has no “{name}”",
        do="Look how it is spelled there, and hand it in.",
    )


def _missing(module: str, sources: _Sources) -> Case:
    """A module that is not there: the student's own where its file was handed in or spoken of, else a package."""
    root = module.split(".")[0]
    own = sources.modules.get(root)
    if own:
        return Case(
            happened=f"“{module}” was not found, though {own} was handed in",
            do="Put its file beside the notebook, or where the notebook looks for it.",
        )
    if own is not None:
        return Case(
            happened=f"the file “{root}.py” is not among those that were handed in",
            do=f"Hand in {root}.py beside the notebook.",
        )
    if "." in module:  # Python found what stands before the dot
        return Case(
            happened=f"the version of {root} that it was run with has no part {module}",
            do=_LOOK_UP,
            fault=Fault.package,
        )
    return Case(
        happened=f"the package {root} is not installed where it was run, and pip installs nothing while it is graded",
        do=f"Whoever grades can install it; if {root} is a file of your own, hand in {root}.py beside the notebook.",
        fault=Fault.package,
    )

"""What is read of an answer without knowing what is right: for each way to read one, a function and its words."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from grader.checks._answers import doubt_in_words, listing, of_kind, quoted, said, stated
from grader.checks._base import ReadAs
from grader.checks._epochs import written
from grader.checks._tables import tables_of
from grader.checks.expression import Expression
from grader.checks.parameter_count import counts_stated
from grader.checks.truth_table import TruthTable, network_in_words
from grader.checks.weights import weights_made
from grader.core.evidence import Matrix, ProblemEvidence, Reading

ONCE = "Say once which one is your answer, as in “Answer: …”, or state it in answers.yaml."


class Found(NamedTuple):
    """What was read, in a sentence; the words it stands in; where; and what makes it clearer."""

    message: str
    observed: str
    source: object
    advice: str = ""


def _one_value(readings: Sequence[Reading], problem: str) -> Found | None:
    if not readings:
        return None
    first = readings[0]
    if len(readings) > 1:
        message = f"We read several values, and can't tell which one you mean: {listing(readings)}."
        return Found(message, " … ".join(dict.fromkeys(map(quoted, readings[:4]))), first.source, ONCE)
    if doubt := doubt_in_words(first):
        return Found(f"We read {first.text}, but it {doubt}.", quoted(first), first.source, ONCE)
    return Found(f"We read {first.text} as your answer to {problem}.", quoted(first), first.source)


def _number(evidence: ProblemEvidence, label: tuple[str, ...], _: str) -> Found | None:
    found = stated(of_kind(evidence, "number"), label, lambda r: r.number)
    return _one_value(found, evidence.problem)


def _shape(evidence: ProblemEvidence, label: tuple[str, ...], _: str) -> Found | None:
    found = stated(of_kind(evidence, "shape"), label, lambda r: r.shape)
    return _one_value(found, evidence.problem)


def _matrices(evidence: ProblemEvidence, lead: tuple[str, ...], title: str) -> Found | None:
    led = () if title in evidence.stated else lead
    readings = [
        r
        for r in evidence.readings
        if r.kind == "matrix" and r.matrix and not r.doubt and all(word.lower() in r.lead for word in led)
    ]
    if not readings:
        return None
    shown = ", ".join(_written(r.matrix) for r in readings if r.matrix)
    number = "1 matrix" if len(readings) == 1 else f"{len(readings)} matrices, in this order"
    return Found(f"We read {number}: {shown}.", shown, readings[0].source)


def _written(matrix: Matrix) -> str:
    return "[" + "; ".join(" ".join(f"{x:g}" for x in row) for row in matrix) + "]"


def _formula(evidence: ProblemEvidence, label: tuple[str, ...], title: str, *, variables: bool = True) -> Found | None:
    reader = Expression(name=title, points=0, expect="0", label=label, variables=("x",) if variables else ())
    found = reader.candidates(evidence)
    if not found:
        return None
    text, formula = found[-1]
    more = f", the last of {len(found)} that could be it" if len({text for text, _ in found}) > 1 else ""
    return Found(f"We read {text} as your answer to {evidence.problem}{more}.", text, formula.source)


def _value(evidence: ProblemEvidence, label: tuple[str, ...], title: str) -> Found | None:
    return _formula(evidence, label, title, variables=False)


def _counts(evidence: ProblemEvidence, column: tuple[str, ...], _: str) -> Found | None:
    lines = counts_stated(evidence, column)
    if not lines:
        return None
    shown = "; ".join(f"{line.name}: {line.text}" if line.name else line.text for line in lines[:30])
    number = "1 count" if len(lines) == 1 else f"{len(lines)} counts"
    slips = [line for line in lines if line.slips]
    message = f"We read {number}: {shown}."
    if slips:
        message += f" What “{slips[0].text}” is worked out from comes to {slips[0].computed:,.0f}."
    return Found(message, shown, lines[0].source)


def _text(evidence: ProblemEvidence, _: tuple[str, ...], __: str) -> Found | None:
    text = said(evidence).strip()
    if not text:
        return None
    return Found(f"We read your answer to {evidence.problem}.", text[:500], evidence.sections[0].source)


def _relu_network(evidence: ProblemEvidence, inputs: tuple[str, ...], title: str) -> Found | None:
    networks = list(TruthTable(name=title, points=0, function="or", inputs=inputs).networks(evidence))
    if not networks:
        return None
    shown = "; ".join(map(network_in_words, networks[:3]))
    if len(networks) > 1:
        return Found(f"We can read your network in several ways: {shown}.", shown, networks[0].source, ONCE)
    return Found(f"We read a network of {shown}.", shown, networks[0].source)


def _table(evidence: ProblemEvidence, columns: tuple[str, ...], _: str) -> Found | None:
    tables = tables_of(evidence.sections)
    if not tables:
        return None
    largest = max(tables, key=lambda table: len(table.rows) * max(len(row.cells) for row in table.rows))
    size = f"{len(largest.rows)} rows and {max(len(row.cells) for row in largest.rows)} columns"
    shown = "; ".join(" | ".join(row.cells) for row in largest.rows[:20])
    return Found(f"We read a table of {size}; asked for: {', '.join(columns)}.", shown, largest.source)


def _confusion_matrix(evidence: ProblemEvidence, _: tuple[str, ...], __: str) -> Found | None:
    found = [matrix for section in evidence.sections for matrix in section.confusions]
    if not found:
        return None
    counts = found[-1].counts
    right, total = sum(row[i] for i, row in enumerate(counts) if i < len(row)), sum(map(sum, counts))
    message = f"We read a confusion matrix of {len(counts)} classes, with {right:,} of {total:,} on its diagonal."
    return Found(message, "; ".join(" ".join(map(str, row)) for row in counts), found[-1].source)


def _log(evidence: ProblemEvidence, _: tuple[str, ...], __: str) -> Found | None:
    logs = [log for section in evidence.sections for log in section.logs]
    logs = logs or [log for run in evidence.notebooks for log in run.logs]
    if not logs:
        return None
    first, last = logs[-1].epochs[0], logs[-1].epochs[-1]
    message = f"We read a log of {len(logs[-1].epochs)} epochs, from {written(first)} to {written(last)}."
    return Found(message, last.text, first.source)


def _weights(evidence: ProblemEvidence, _: tuple[str, ...], __: str) -> Found | None:
    made = [made for section in evidence.sections for made in weights_made(section.text, section.source)]
    if not made:
        return None
    shown = "; ".join(map(str, made[:20]))
    return Found(f"We read {len(made)} weights from your code: {shown}.", shown, made[0].source)


# What reads an answer, given the evidence, the words that tell it, and the check's title; and what it reads.
READERS: dict[ReadAs, tuple[str, Callable[[ProblemEvidence, tuple[str, ...], str], Found | None]]] = {
    "number": ("number", _number),
    "shape": ("shape", _shape),
    "matrices": ("matrix", _matrices),
    "formula": ("formula", _formula),
    "value": ("value", _value),
    "counts": ("number of parameters", _counts),
    "text": ("words", _text),
    "relu network": ("network of ReLU units", _relu_network),
    "table": ("table", _table),
    "confusion matrix": ("confusion matrix", _confusion_matrix),
    "log": ("training log", _log),
    "weights": ("code that makes weights", _weights),
}

"""`parameter_count`: the number of parameters of a given architecture, layer by layer, as the report works it out."""

import re
from typing import ClassVar, Literal, NamedTuple

from pydantic import Field

from grader.checks._arithmetic import UnreadableError, evaluate, normal
from grader.checks._base import Check, OnlyRead, no_answer
from grader.checks._mistakes import advice
from grader.checks._tables import column_of, number_at, tables_of
from grader.core.derive import Layer
from grader.core.evidence import Formula, ProblemEvidence
from grader.core.outcome import Outcome, failed, manual, partial, passed
from grader.core.record import Record
from grader.core.source import Source

_COUNT = re.compile(r"(\d+(?:,\d{3})+|\d+(?:\.\d+)?)\s*(k|m|thousand|millions?|mio\.?)?(?![\w.,]*\d)", re.IGNORECASE)
_POWERED = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)\s*(?:(?:\*|x)\s*10\s*(?:\^|\*\*)\s*|e\+?)\{?\s*(\d{1,2})\s*\}?")
_SCALE = {"k": 1e3, "thousand": 1e3, "m": 1e6, "mio": 1e6, "million": 1e6, "millions": 1e6}
_TOTAL = re.compile(r"total|sum|altogether|in all", re.IGNORECASE)
# An OCR's reading of an approximation: 62378344 x 62M can be no product.
_ROUNDED = re.compile(r"^(\d{5,})\s*\*\s*(\d+(?:\.\d+)?)\s*(k|m)$", re.IGNORECASE)
_SMALLEST = 10
_MORE_LINES = 4  # than layers, for partial sums; a list of guesses earns nothing
_MILLIONS = re.compile(r"(?<![\w.,])(\d{1,6}(?:\.\d{1,4})?)\s?(?:millions?|mio)\b", re.IGNORECASE)


class CountMistake(Record):
    """A wrong total that students often give, and what to say about it."""

    match: float
    say: str


class Line(NamedTuple):
    """One line of a working: what it states, what its own arithmetic gives (None where it shows none), how precise."""

    stated: float
    computed: float | None
    precision: float
    name: str
    text: str
    source: Source

    @property
    def slips(self) -> bool:
        """Whether its own arithmetic gives something else than it states."""
        return self.computed is not None and abs(self.computed - self.stated) > self.precision


class ParameterCount(Check):
    """How many parameters each layer of an architecture has, and all of them together.

    `architectures` gives by name the layers, with torch's own settings; where a network is counted in several ways,
    such as with and without groups, each is one, and the answer must follow one of them throughout. `total` alone is
    for a network whose layers aren't asked for: `{total: 6.8e6, tolerance: 0.03}`. A total written as 138 M is right
    when it is the right one rounded; `tolerance` is relative and comes on top. `per_layer` is the share of the points
    for the layers, each of which earns its part; the rest is for the total. The arithmetic of each line must give
    what the line states. In a table, `column` names the network meant.
    """

    type: Literal["parameter_count"] = "parameter_count"
    architectures: dict[str, tuple[Layer, ...]] = {}
    total: float | None = Field(default=None, gt=0)
    tolerance: float = Field(default=0.0, ge=0, lt=1)
    per_layer: float = Field(default=0.0, ge=0, le=1)
    label: tuple[str, ...] = ()
    column: tuple[str, ...] = ()
    mistakes: tuple[CountMistake, ...] = ()

    answer_form: ClassVar[Literal["counts"]] = "counts"

    def model_post_init(self, _: object) -> None:
        """Refuse a check without a right answer."""
        if self.total is None and not any(self._counts()):
            raise ValueError("give `architectures` with layers that have parameters, or `total`")
        if self.per_layer and not any(self._counts()):
            raise ValueError("`per_layer` needs `architectures`")

    def asked(self) -> str:
        layers = "of each layer and " if self.per_layer else ""
        return f"State the number of parameters {layers}in total."

    def answers(self) -> tuple[str, ...]:
        return tuple(f"{total:.0f}" for total in self._totals())

    def lint(self) -> list[str]:
        return [
            f"the mistake {m.match:g} is accepted as right" for m in self.mistakes if self._right_total(m.match, 0.0)
        ]

    def _counts(self) -> list[list[int]]:
        """For each architecture the parameters of its layers, those without left out."""
        return [[n for layer in layers if (n := layer.parameters())] for layers in self.architectures.values()]

    def _totals(self) -> list[float]:
        return [float(sum(counts)) for counts in self._counts()] + ([self.total] if self.total else [])

    def _right_total(self, value: float, precision: float) -> bool:
        return any(abs(value - right) <= max(precision, self.tolerance * right) for right in self._totals())

    def for_students(self) -> OnlyRead:
        return OnlyRead(read_as="counts", label=self.column)

    def judge(self, evidence: ProblemEvidence) -> Outcome:
        lines = _lines(evidence.formulas) or _in_tables(evidence)
        total = self._total_line(evidence, lines)
        if isinstance(total, Outcome):
            return total
        parts = [line for line in lines if line is not total]
        if total is None and not (self.per_layer and parts):
            return no_answer(evidence, "number of parameters")
        source = (total or parts[0]).source
        observed = ", ".join(line.text for line in [*parts[:30], *([total] if total else [])])
        right_total = total is not None and self._right_total(total.stated, total.precision)
        said = [
            "no total is stated"
            if total is None
            else f"the total {total.text} is {'right' if right_total else 'not right'}"
        ]
        if total is not None and total.slips:
            said.append(f"its own terms add up to {total.computed:,.0f}")
        share = (1 - self.per_layer) * right_total
        if self.per_layer:
            earned, words = self._layers(parts)
            share += self.per_layer * earned
            said.insert(0, words)
        message = "; ".join(said)
        message = f"{message[0].upper()}{message[1:]}."
        slips = [line for line in parts if line.slips]
        if slips:
            message += " " + " ".join(
                f"{line.name or 'A line'} states {line.stated:,.0f}, but its own arithmetic gives {line.computed:,.0f}."
                for line in slips[:5]
            )
        hint = ""
        if total is not None and not right_total:
            hint = advice(self.mistakes, lambda wrong: abs(wrong - total.stated) <= max(total.precision, 0.5))
        if share > 1 - 1e-9:
            return passed(message, observed=observed, source=source)
        if share < 1e-9:
            return failed(message, observed=observed, source=source, advice=hint)
        return partial(share, message, observed=observed, source=source, advice=hint)

    def _layers(self, parts: list[Line]) -> tuple[float, str]:
        """(the share of layers that a line gives rightly, a sentence), by the architecture that fits best."""
        best, words = -1.0, ""
        for name, counts in zip(self.architectures, self._counts(), strict=True):
            left = [line for line in parts if not line.slips]
            right: list[str] = []
            for number, count in enumerate(counts, 1):
                found = next((line for line in left if abs(line.stated - count) <= line.precision), None)
                if found is not None:
                    left.remove(found)
                    right.append(str(number))
            share = len(right) / len(counts)
            if share > best and len(parts) <= len(counts) + _MORE_LINES:
                missing = [str(n) for n in range(1, len(counts) + 1) if str(n) not in right]
                best = share
                words = f"{len(right)} of {len(counts)} layers are right"
                words += f" (counted as {name})" if right and len(self.architectures) > 1 else ""
                words += f", wrong or missing: {', '.join(missing)}" if missing else ""
        return max(best, 0.0), words or f"{len(parts)} lines stand where layers were asked for"

    def _total_line(self, evidence: ProblemEvidence, lines: list[Line]) -> Line | Outcome | None:
        """The line that states the total: in a table's column, so named, beside a label, or the last one by itself."""
        if self.column:
            for section in evidence.sections:
                found = _in_column(section.text, section.source, self.column)
                if found is not None:
                    return found
        if self.label:
            chosen = [line for line in lines if any(word.lower() in line.name.lower() for word in self.label)]
        else:
            chosen = [line for line in lines if _TOTAL.search(line.name)] or _finally(evidence)
        chosen = chosen or ([] if self.per_layer else _stated(evidence))
        values = {line.stated for line in chosen}
        close = values and max(values) - min(values) <= max(line.precision for line in chosen)
        if len(values) > 1 and not close:
            listing = ", ".join(f"“{line.text}”" for line in chosen[:6])
            return manual(
                f"Several totals are stated ({listing}); a person decides.", observed=listing, source=chosen[0].source
            )
        return min(chosen, key=lambda line: line.precision) if chosen else None


def counts_stated(evidence: ProblemEvidence, column: tuple[str, ...]) -> list[Line]:
    """The counts that an answer states, in its order; in a table only those of a network's column."""
    for section in evidence.sections if column else ():
        if (found := _in_column(section.text, section.source, column)) is not None:
            return [found]
    return _lines(evidence.formulas) or _in_tables(evidence) or _finally(evidence) or _stated(evidence)


def _lines(formulas: tuple[Formula, ...]) -> list[Line]:
    """The formulas that state a count."""
    found = []
    for formula in formulas:
        counts = [count for side in formula.sides if (count := _count(side)) is not None]
        if not counts:
            continue
        stated, precision = counts[0] if len(counts) > 1 and counts[-1][1] > 0.5 else counts[-1]
        name = formula.name or (formula.sides[0] if _count(formula.sides[0]) is None else "")
        computed = None
        for side in formula.sides:
            if _count(side) is None:
                try:
                    computed = evaluate(side)
                except UnreadableError:
                    continue
        if computed is not None and name == formula.sides[0]:
            try:
                evaluate(name)
                name = formula.lead.strip(" :*-•")[-30:]
            except UnreadableError:
                pass
        if stated >= _SMALLEST:
            found.append(Line(stated, computed, precision, name, formula.sides[-1][:40], formula.source))
    return found


def _in_tables(evidence: ProblemEvidence) -> list[Line]:
    """The rows of the tables that have a column of parameters."""
    return [
        Line(
            number,
            None,
            0.5,
            row.name or f"{row.value:g}" if row.value is not None else row.name,
            f"{number:g}",
            row.source,
        )
        for table in tables_of(evidence.sections)
        if (column := column_of(table, "param")) is not None
        for row in table.rows
        if (number := number_at(row, column)) is not None and number >= _SMALLEST and number.is_integer()
    ]


def _count(side: str) -> tuple[float, float] | None:
    """(a count, half a unit of its last digit) of a side that is nothing else."""
    text = normal(side).replace("~", "").replace("\\", "").strip(" .;")
    rounded = _ROUNDED.match(text)
    if rounded:
        value = float(rounded[1])
        scale = _SCALE[rounded[3].lower()]
        return (value, 0.5) if abs(value - float(rounded[2]) * scale) <= scale / 2 else None
    match = _COUNT.fullmatch(text)
    if not match:
        powered = _POWERED.fullmatch(text)
        if not powered:
            return None
        scale = 10.0 ** int(powered[2])
        return float(powered[1]) * scale, 0.5 * scale * 10.0 ** -len(powered[1].partition(".")[2])
    scale = _SCALE.get((match[2] or "").lower().rstrip("."), 1.0)
    decimals = len(match[1].partition(".")[2])
    return float(match[1].replace(",", "")) * scale, 0.5 * scale * 10.0**-decimals


def _stated(evidence: ProblemEvidence) -> list[Line]:
    """Counts in words or formulas that are asserted, the last of each section first tried: `about 6.8M`."""
    lines = []
    for formula in evidence.formulas:
        count = _count(formula.sides[-1])
        if count and count[0] >= 1000:
            lines.append(Line(count[0], None, count[1], formula.name, formula.sides[-1][:40], formula.source))
    for section in evidence.sections:
        for match in _MILLIONS.finditer(section.text):
            value, precision = _count(match[0]) or (0.0, 0.0)
            lines.append(Line(value, None, precision, "", match[0], section.source))
    if lines:
        return lines
    return [
        Line(r.number, None, _precision(r.text), "", r.text, r.source)
        for r in evidence.readings
        if r.kind == "number" and r.number is not None and r.number >= 1000 and not r.text.isalpha()
    ]


def _finally(evidence: ProblemEvidence) -> list[Line]:
    """Counts that the words call the total: `In total there are 79510.`"""
    return [
        Line(r.number, None, _precision(r.text), "", r.text, r.source)
        for r in evidence.readings
        if r.kind == "number"
        and r.strength == "final"
        and not r.doubt
        and r.number is not None
        and r.number >= _SMALLEST
    ]


def _precision(text: str) -> float:
    return (_count(text) or (0.0, 0.5))[1]


def _in_column(text: str, source: Source, names: tuple[str, ...]) -> Line | None:
    """The number under one of these names in a table of tabs or bars; `in millions` near it scales it."""
    header: list[str] = []
    wanted = {name.lower() for name in names}
    millions = bool(re.search(r"in\s+millions|\(millions?\)|in\s+M\b", text, re.IGNORECASE))
    for number, line in enumerate(text.split("\n")[:5000]):
        cells = [cell.strip() for cell in re.split(r"\t|\|", line)]
        if len(cells) < 2:
            continue
        if wanted & {cell.lower() for cell in cells}:
            header = [cell.lower() for cell in cells]
        elif header:
            column = next(i for i, cell in enumerate(header) if cell in wanted)
            count = _count(cells[column]) if column < len(cells) else None
            if count is not None:
                scale = 1e6 if millions and count[0] < 1e5 else 1.0
                where = source.model_copy(update={"line": (source.line or 1) + number + 1}) if source.line else source
                shown = f"{cells[column]} under “{cells[0] and header[column].upper()}”"
                return Line(count[0] * scale, None, count[1] * scale, "", shown, where)
    return None

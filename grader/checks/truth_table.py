"""`truth_table`: a small ReLU network, written down, that computes a function of zeros and ones."""

import ast
import re
from collections.abc import Iterator
from itertools import product
from typing import ClassVar, Literal, NamedTuple

from pydantic import Field

from grader.checks._arithmetic import Form, Reader, UnreadableError
from grader.checks._base import Check, OnlyRead, no_answer
from grader.core.evidence import Formula, ProblemEvidence
from grader.core.outcome import Outcome, failed, manual, partial, passed
from grader.core.source import Source

_TARGET = re.compile(r"\\?(?P<name>[A-Za-z]+(?:_?\{?\w{1,3}\}?)?)\s*(?:\((?P<arguments>[^()]*)\))?")
_WEIGHTS = re.compile(
    r"^[ \t>*-]{0,8}(?P<kind>[WwBb])[_ ]?(?P<layer>\d)[ \t]*[:=][ \t]*(?P<value>[\[(-]?[\d\[(][^\n#]{0,400})",
    re.MULTILINE,
)
_LONGEST = 20_000


class Network(NamedTuple):
    """Units by name in terms of inputs and earlier units, and what comes out."""

    units: dict[str, Form]
    output: Form
    source: Source

    def value(self, inputs: dict[str, float]) -> float:
        """The output for these inputs."""
        values = dict(inputs)
        for name, form in self.units.items():
            values[name] = max(0.0, form.at(values))
        return self.output.at(values)

    def depth(self, form: Form) -> int:
        """How many layers of units lie between the inputs and a form."""
        return max((1 + self.depth(self.units[name]) for name in form.weights if name in self.units), default=0)

    @property
    def plain(self) -> bool:
        """Whether what comes out is a unit itself, so that no further layer follows it."""
        return self.output.constant == 0 and list(self.output.weights.values()) == [1.0] and self.depth(self.output) > 0

    @property
    def layers(self) -> int:
        """Fully-connected layers, the one that gives the output included."""
        return self.depth(self.output) + (not self.plain)

    @property
    def hidden_units(self) -> int:
        """ReLU units; one that gives the output is hidden only where it is alone."""
        return len(self.units) - (self.plain and self.layers > 1)


class TruthTable(Check):
    """A network of ReLU units for `function` of `inputs`: its value is computed for all inputs of 0 and 1.

    Where the function is true the value must be `true` or more, elsewhere 0. The network is given by equations
    (`h_1 = ReLU(x_1 - x_2)`, `f = h_1 + h_2`) or by weights (`W1 = [[1, -1], [-1, 1]]`, `b1 = [0, 0]`, one row for each
    unit, as in torch; ReLU stands between layers). `hidden_units` and `layers` are the fewest that will do; `minimal`
    is the share of the points that a right network loses which has more. What isn't surely read is for a person.
    """

    type: Literal["truth_table"] = "truth_table"
    function: Literal["and", "or", "xor", "nand", "nor"]
    inputs: tuple[str, ...] = Field(default=("x1", "x2"), min_length=1, max_length=6)
    true: float = 1.0
    hidden_units: int | None = Field(default=None, ge=1)
    layers: int | None = Field(default=None, ge=1)
    minimal: float = Field(default=0.3, ge=0, le=1)

    answer_form: ClassVar[Literal["text"]] = "text"

    def asked(self) -> str:
        fewest = [f"{self.function.upper()} of {', '.join(self.inputs)}"]
        fewest += ["as few hidden units as possible"] if self.hidden_units else []
        fewest += ["as few layers as possible"] if self.layers else []
        return f"Write down a network of ReLU units: {', '.join(fewest)}."

    def for_students(self) -> OnlyRead:
        return OnlyRead(read_as="relu network", label=self.inputs)

    def judge(self, evidence: ProblemEvidence) -> Outcome:
        networks = list(self.networks(evidence))
        if not networks:
            return no_answer(evidence, "network of ReLU units")
        wrong = [self._wrong(network) for network in networks]
        source = networks[0].source
        observed = "; ".join(network_in_words(network) for network in networks[:3])
        if len({bool(faults) for faults in wrong}) > 1:
            return manual(
                "Several networks can be read from this, and not all are right.", observed=observed, source=source
            )
        network = min(networks, key=lambda n: (n.hidden_units, n.layers))
        if wrong[0]:
            return failed(f"Wrong at {'; '.join(wrong[0][:4])}.", observed=observed, source=source)
        size = f"{_counted(network.hidden_units, 'hidden unit')}, {_counted(network.layers, 'layer')}"
        more = [
            f"{have} {what}s are more than needed"
            for what, have, enough in (
                ("hidden unit", network.hidden_units, self.hidden_units),
                ("layer", network.layers, self.layers),
            )
            if enough is not None and have > enough
        ]
        right = f"Right for all {2 ** len(self.inputs)} inputs ({size})"
        if not more or not self.minimal:
            return passed(f"{right}.", observed=observed, source=source)
        message = f"{right}, but {' and '.join(more)}."
        if self.minimal == 1:
            return failed(message, observed=observed, source=source)
        return partial(1 - self.minimal, message, observed=observed, source=source)

    def _true(self, bits: tuple[int, ...]) -> bool:
        return {
            "and": all(bits),
            "or": any(bits),
            "xor": sum(bits) % 2 == 1,
            "nand": not all(bits),
            "nor": not any(bits),
        }[self.function]

    def _wrong(self, network: Network) -> list[str]:
        """The inputs at which the value is wrong, each with it."""
        names = [_name(name) for name in self.inputs]
        faults = []
        for bits in product((0, 1), repeat=len(names)):
            value = network.value(dict(zip(names, map(float, bits), strict=True)))
            right = value >= self.true - 1e-9 if self._true(bits) else abs(value) <= 1e-9
            if not right:
                faults.append(f"({', '.join(map(str, bits))}): {value:g}")
        return faults

    def networks(self, evidence: ProblemEvidence) -> Iterator[Network]:
        """All ways to read the answer: from weights, else from equations."""
        inputs = [_name(name) for name in self.inputs]
        given = [n for section in evidence.sections for n in _from_weights(section.text, section.source, inputs)]
        yield from given or _from_equations(evidence.formulas, inputs)


def _name(text: str) -> str:
    return re.sub(r"[_{}\\\s]", "", text)


def _from_equations(formulas: tuple[Formula, ...], inputs: list[str]) -> Iterator[Network]:
    """The network that the equations define; none where a name stands for two things or nothing comes out."""
    known = {name: Form(0.0, {name: 1.0}) for name in inputs}
    units: dict[str, Form] = {}
    defined: dict[str, tuple[Form, Source]] = {}
    for formula in formulas:
        target = _TARGET.fullmatch(formula.sides[0].strip())
        if not target or len(formula.sides) < 2 or any(c.isdigit() for c in _leading(target["arguments"])):
            continue
        name = _name(target["name"])
        if name in inputs:
            continue
        for side in formula.sides[1:]:
            attempt = dict(units)
            try:
                form = Reader(side, known, attempt).form()
            except UnreadableError:
                continue
            if name in defined and defined[name][0] != form:
                return
            units, known[name], defined[name] = attempt, form, (form, formula.source)
            break
        else:
            if any(
                re.search(rf"(?<!\w){re.escape(word)}(?!\w)", _name(side))
                for word in defined
                for side in formula.sides[1:]
            ):
                return  # something is made of what was read, and can't be read itself
    used = {unit for form, _ in defined.values() for unit in form.weights} | {
        u for f in units.values() for u in f.weights
    }
    ends = [
        (form, source)
        for form, source in defined.values()
        if not any(unit in other.weights for unit in form.weights if unit in units for other in units.values())
    ]
    whole = [(form, source) for form, source in ends if set(units) <= _reached(form, units)]
    if whole and used:
        yield Network(units, whole[-1][0], whole[-1][1])


def _leading(arguments: str | None) -> str:
    """The first letters of arguments, digits where one is a number: `x_1, 0` gives `x0`."""
    return "".join(part.strip()[:1] for part in (arguments or "").split(","))


def _reached(form: Form, units: dict[str, Form]) -> set[str]:
    """The units that a form depends on."""
    found: set[str] = set()
    left = [name for name in form.weights if name in units]
    while left:
        name = left.pop()
        if name not in found:
            found.add(name)
            left += [n for n in units[name].weights if n in units]
    return found


def _from_weights(text: str, source: Source, inputs: list[str]) -> Iterator[Network]:
    """The networks that weights of layers define: one row is one unit, or where that fits too, one input."""
    given: dict[tuple[str, int], list[list[float]]] = {}
    for match in _WEIGHTS.finditer(text[:_LONGEST]):
        matrix = _matrix(match["value"])
        if matrix is None:
            return
        given[match["kind"].lower(), int(match["layer"])] = matrix
    layers = sorted(number for kind, number in given if kind == "w")
    if not layers or layers != list(range(layers[0], layers[0] + len(layers))):
        return
    weights = [given["w", number] for number in layers]
    biases = [given.get(("b", number)) for number in layers]
    seen = set()
    for turned in (False, True):
        ways = [[list(row) for row in zip(*w, strict=True)] if turned else w for w in weights]
        network = _stacked(ways, biases, source, inputs)
        if network is not None and str(ways) not in seen:
            seen.add(str(ways))
            yield network


def _stacked(
    weights: list[list[list[float]]], biases: list[list[list[float]] | None], source: Source, inputs: list[str]
) -> Network | None:
    units: dict[str, Form] = {}
    names = inputs
    for number, (matrix, bias) in enumerate(zip(weights, biases, strict=True), 1):
        flat = [b for row in bias for b in row] if bias else [0.0] * len(matrix)
        if any(len(row) != len(names) for row in matrix) or len(flat) != len(matrix):
            return None
        forms = [
            Form(b, {name: w for name, w in zip(names, row, strict=True) if w})
            for row, b in zip(matrix, flat, strict=True)
        ]
        if number == len(weights):
            return Network(units, forms[0], source) if len(forms) == 1 and units else None
        names = [f"unit {number}.{i}" for i in range(1, len(forms) + 1)]
        units |= dict(zip(names, forms, strict=True))
    return None


def _matrix(text: str) -> list[list[float]] | None:
    """A number, a list or a list of lists as rows; None for anything else."""
    try:
        value = ast.literal_eval(text.strip().rstrip(",;`"))
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return None
    rows = value if isinstance(value, list | tuple) else [value]
    if rows and not any(isinstance(row, list | tuple) for row in rows):
        rows = [rows]
    plain = [list(row) if isinstance(row, list | tuple) else None for row in rows]
    numbers = all(row and all(type(x) in (int, float) and abs(x) < 1e9 for x in row) for row in plain)
    if not plain or not numbers or len({len(row) for row in plain if row}) != 1:
        return None
    return [[float(x) for x in row] for row in plain if row]


def network_in_words(network: Network) -> str:
    """Its size: `2 ReLU units in 2 layers`."""
    return f"{_counted(len(network.units), 'ReLU unit')} in {_counted(network.layers, 'layer')}"


def _counted(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"

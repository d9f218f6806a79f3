"""YAML as a tree that knows its lines, under caps."""

import re
from collections.abc import Iterator
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.constructor import RoundTripConstructor
from ruamel.yaml.error import YAMLError

from grader.core.errors import RubricError

_DEEP = re.compile(r"(?:[\[{][\s-]{0,20}){100}")
_MAX_BITS = 1000
_MAX_VALUES = 100_000  # with each alias counted as what it stands for


class _Dates(RoundTripConstructor):
    """Dates stay text: as YAML reads them, a date has lost its zone, or how it was written."""


class _AsWritten(RoundTripConstructor):
    """All scalars stay text: `00123` is the number of a student, and `no` or `null` may be a login."""


_Dates.add_constructor("tag:yaml.org,2002:timestamp", RoundTripConstructor.construct_yaml_str)
for _kind in ("timestamp", "int", "float", "bool", "null"):
    _AsWritten.add_constructor(f"tag:yaml.org,2002:{_kind}", RoundTripConstructor.construct_yaml_str)


def parse(text: str, where: str, what: str = "a mapping", *, as_written: bool = False) -> CommentedMap:
    """The mapping that a YAML file holds; dates are text in it, and `as_written` numbers and the like are too.

    Raises RubricError with the line where it holds none.
    """
    if deep := _DEEP.search(text):  # the library's time grows with the square of the depth
        number = text.count("\n", 0, deep.start()) + 1
        raise RubricError("opens 100 brackets one behind the other", where=f"{where}:{number}")
    yaml = YAML(typ="rt")
    yaml.Constructor = _AsWritten if as_written else _Dates
    try:
        tree = yaml.load(text)
    except YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f"{where}:{mark.line + 1}" if mark else where
        raise RubricError(f"is not YAML: {getattr(error, 'problem', error)}", where=line) from error
    except Exception as error:  # whatever the library makes of a tag that does not fit, such as !!bool 7
        raise RubricError(f"is not YAML: {type(error).__name__}: {error}", where=where) from error
    if not isinstance(tree, CommentedMap):
        raise RubricError(f"must be {what}", where=where)
    return tree


def plain(tree: CommentedMap, where: str) -> dict[Any, Any]:
    """The values without their lines. Raises RubricError where they are too many, too large or too deep."""
    try:
        found: dict[Any, Any] = _plain(tree, iter(range(_MAX_VALUES)))
    except RecursionError as error:
        raise RubricError("is nested too deeply, or has an alias that contains itself", where=where) from error
    except OverflowError as error:
        raise RubricError(str(error), where=where) from error
    return found


def line_of(tree: Any, location: tuple[int | str, ...]) -> int:
    """The line, from 1, of the deepest part of the location that stands in the file."""
    line, node = 1, tree
    for part in location:
        known = isinstance(node, CommentedMap) and part in node
        if known or (isinstance(node, CommentedSeq) and isinstance(part, int) and part < len(node)):
            # What a merge (`<<`) brings in has no place of its own.
            line = (node.lc.data or {}).get(part, (line - 1,))[0] + 1
            node = node[part]
    return int(line)


def _plain(node: Any, left: Iterator[int]) -> Any:
    if next(left, None) is None:
        raise OverflowError(f"holds more than {_MAX_VALUES:,} values")
    if isinstance(node, int) and node.bit_length() > _MAX_BITS:
        raise OverflowError("holds a number that is far too large")
    if isinstance(node, CommentedMap):
        return {key: _plain(value, left) for key, value in node.items()}
    if isinstance(node, CommentedSeq):
        return [_plain(value, left) for value in node]
    return node

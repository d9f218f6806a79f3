"""Reading a rubric file; an error names file, line, key, what was found and what is allowed."""

from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import YAMLError

from grader.checks import check_types
from grader.core.errors import RubricError
from grader.resources import resource
from grader.rubric.model import Rubric

_MAX_BYTES = 2_000_000
_MAX_BITS = 1000
_MAX_VALUES = 100_000  # with each alias counted as what it stands for


def available_rubrics() -> list[str]:
    """The ids of the rubrics that come with the grader."""
    return sorted(path.stem for path in resource("rubrics").glob("*.yaml"))


def load_rubric(name: str | Path) -> Rubric:
    """Load a rubric by its file, or by its id when it comes with the grader.

    Raises RubricError with the file, the line and a hint.
    """
    path = find_rubric(name)
    if path.stat().st_size > _MAX_BYTES:
        raise RubricError(f"is larger than {_MAX_BYTES:,} bytes", where=str(path))
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise RubricError(f"is not UTF-8 text ({error.reason})", where=str(path)) from error
    tree = _parse(text, path)
    try:
        plain = _plain(tree, iter(range(_MAX_VALUES)))
    except RecursionError as error:
        raise RubricError("is nested too deeply, or has an alias that contains itself", where=str(path)) from error
    except OverflowError as error:
        raise RubricError(str(error), where=str(path)) from error
    try:
        return Rubric.model_validate(plain)
    except ValidationError as error:
        raise RubricError(*_explain(error, tree, path)) from error


def find_rubric(name: str | Path) -> Path:
    """The rubric's file. Raises RubricError when there is none, with the ids that exist."""
    path = Path(name)
    if path.is_file():
        return path
    known = available_rubrics()
    if str(name) in known:
        return resource("rubrics") / f"{name}.yaml"
    close = get_close_matches(path.stem, known, n=1)
    suggestion = f"Did you mean {close[0]}? " if close else ""
    raise RubricError(
        "no such rubric", where=str(name), hint=f"{suggestion}Give a YAML file, or one of: {', '.join(known)}."
    )


def _parse(text: str, path: Path) -> CommentedMap:
    try:
        tree = YAML(typ="rt").load(text)
    except YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{path}:{mark.line + 1}" if mark else str(path)
        raise RubricError(f"is not YAML: {getattr(error, 'problem', error)}", where=where) from error
    except (ValueError, RecursionError) as error:
        raise RubricError(f"is not YAML: {error}", where=str(path)) from error
    if not isinstance(tree, CommentedMap):
        raise RubricError("is no rubric: it must be a mapping with id, title and problems", where=str(path))
    return tree


def _plain(node: Any, left: Iterator[int]) -> Any:
    """The values without their lines. Raises OverflowError when there are more than are `left`, or one is huge."""
    if next(left, None) is None:
        raise OverflowError(f"holds more than {_MAX_VALUES:,} values")
    if isinstance(node, int) and node.bit_length() > _MAX_BITS:
        raise OverflowError("holds a number that is far too large")
    if isinstance(node, CommentedMap):
        return {key: _plain(value, left) for key, value in node.items()}
    if isinstance(node, CommentedSeq):
        return [_plain(value, left) for value in node]
    return node


def _line(tree: Any, location: tuple[int | str, ...]) -> int:
    """The line, from 1, of the deepest part of the location that stands in the file."""
    line, node = 1, tree
    for part in location:
        known = isinstance(node, CommentedMap) and part in node
        if known or (isinstance(node, CommentedSeq) and isinstance(part, int) and part < len(node)):
            # What a merge (`<<`) brings in has no place of its own.
            line = (node.lc.data or {}).get(part, (line - 1,))[0] + 1
            node = node[part]
    return int(line)


def _explain(error: ValidationError, tree: CommentedMap, path: Path) -> tuple[str]:
    """All faults, one a line, each with its own file and line."""
    faults = []
    seen = set()
    told = error.errors()
    for fault in [fault for fault in told if not _echo(fault)] or told:
        line = _line(tree, fault["loc"])
        message = f"{path}:{line}: {' '.join(_sentence(fault).split())}"  # a key may hold line ends
        if message not in seen:
            seen.add(message)
            faults.append((line, message))
    return ("\n".join(message for _, message in sorted(faults)),)


def _echo(fault: ErrorDetails) -> bool:
    """Whether another fault says it better: a derived value tried as a plain one, a list whose items are at fault."""
    plain = fault["type"] in ("float_type", "int_type", "tuple_type", "string_type") and isinstance(
        fault["input"], dict
    )
    return plain or (fault["type"] == "too_short" and bool(fault["input"]))


def _sentence(fault: ErrorDetails) -> str:
    key = str(fault["loc"][-1]) if fault["loc"] else "the rubric"
    kind = fault["type"]
    if kind == "extra_forbidden":
        return f"unknown key `{key}`.{_suggest(key, _fields_at(fault['loc']))}"
    if kind == "missing":
        return f"`{key}` is missing."
    if kind in ("union_tag_invalid", "union_tag_not_found"):
        found = str(fault.get("ctx", {}).get("tag", ""))
        start = f"unknown check type `{found}`." if found else "a check needs a `type`."
        return f"{start}{_suggest(found, list(check_types()))}"
    if kind == "value_error":
        return f"{fault['msg'].removeprefix('Value error, ')}."
    found = repr(fault["input"])
    return f"`{key}`: {fault['msg'][0].lower()}{fault['msg'][1:]}; found {found[:80]}."


def _suggest(found: str, allowed: list[str]) -> str:
    close = get_close_matches(found, allowed, n=1)
    meant = f" Did you mean `{close[0]}`?" if close else ""
    return f"{meant} Allowed: {', '.join(allowed)}." if allowed else meant


def _fields_at(location: tuple[int | str, ...]) -> list[str]:
    """The keys allowed where the unknown key stands, found by walking the models along its location."""
    model: type[BaseModel] = Rubric
    for part in location[:-1]:
        if isinstance(part, str) and part in check_types():
            model = check_types()[part]
        elif isinstance(part, str) and part in model.model_fields:
            inner = _model_in(model.model_fields[part].annotation)
            model = inner or model
    return list(model.model_fields)


def _model_in(annotation: Any) -> type[BaseModel] | None:
    """The first model inside an annotation such as tuple[Problem, ...]."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for argument in getattr(annotation, "__args__", ()):
        found = _model_in(argument)
        if found:
            return found
    return None

"""Reading a rubric file; an error names file, line, key, what was found and what is allowed."""

from difflib import get_close_matches
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails
from ruamel.yaml.comments import CommentedMap

from grader.checks import check_types
from grader.core.errors import RubricError
from grader.language.yaml_tree import line_of, parse, plain
from grader.resources import resource
from grader.rubric.model import Rubric

_MAX_BYTES = 2_000_000


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
    tree = parse(text, str(path), "a rubric: a mapping with id, title and problems")
    values = plain(tree, str(path))
    try:
        return Rubric.model_validate(values)
    except ValidationError as error:
        raise RubricError(explain(error, tree, str(path), Rubric)) from error


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


def explain(error: ValidationError, tree: CommentedMap, where: str, model: type[BaseModel]) -> str:
    """All faults of a file that holds a model, or several by name: one a line, each with its own file and line."""
    faults = []
    seen = set()
    told = error.errors()
    for fault in [fault for fault in told if not _echo(fault)] or told:
        line = line_of(tree, fault["loc"])
        message = f"{where}:{line}: {' '.join(_sentence(fault, model).split())}"  # a key may hold line ends
        if message not in seen:
            seen.add(message)
            faults.append((line, message))
    return "\n".join(message for _, message in sorted(faults))


def _echo(fault: ErrorDetails) -> bool:
    """Whether another fault says it better: a derived value tried as a plain one, a list whose items are at fault."""
    plain = fault["type"] in ("float_type", "int_type", "tuple_type", "string_type") and isinstance(
        fault["input"], dict
    )
    return plain or (fault["type"] == "too_short" and bool(fault["input"]))


def _sentence(fault: ErrorDetails, model: type[BaseModel]) -> str:
    key = str(fault["loc"][-1]) if fault["loc"] else "the file"
    kind = fault["type"]
    if kind == "extra_forbidden":
        return f"unknown key `{key}`.{_suggest(key, _fields_at(fault['loc'], model))}"
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


def _fields_at(location: tuple[int | str, ...], model: type[BaseModel]) -> list[str]:
    """The keys allowed where the unknown key stands, found by walking the models along its location."""
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

"""Records described for people: their docstrings, and tables of their fields."""

import inspect
import re
from collections.abc import Mapping
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from annotated_types import BaseMetadata
from pydantic import AwareDatetime, BaseModel
from pydantic.fields import FieldInfo

from grader.core.record import Record


def prose(model: type) -> str:
    """Its docstring."""
    return inspect.cleandoc(model.__doc__ or "")


def words(name: str) -> str:
    """`SectionHead` as “Section head”."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).capitalize()


def table(model: type[BaseModel], what: str = "key") -> str:
    """A row for each of its fields."""
    return rows(model.model_fields, what)


def rows(fields: Mapping[str, FieldInfo], what: str = "key") -> str:
    """A table of fields: name, type in words, default."""
    if not fields:
        return f"No {what}s of its own.\n"
    lines = [f"| `{name}` | {_type(field)} | {_default(field)} |" for name, field in fields.items()]
    return f"| {what} | is | default |\n|---|---|---|\n" + "\n".join(lines) + "\n"


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    default = field.get_default(call_default_factory=True)
    if default in (None, "", (), {}) or isinstance(default, BaseModel):
        return ""
    return f"`{', '.join(map(str, default)) if isinstance(default, tuple) else default}`"


def _type(field: FieldInfo) -> str:
    spoken = _spoken(field.annotation)
    bounds = [_bound(item) for item in field.metadata if isinstance(item, BaseMetadata) and spoken != "text"]
    return ", ".join([spoken, *(bound for bound in bounds if bound)])


def _bound(item: Any) -> str:
    for key, words in (("ge", "at least"), ("gt", "above"), ("le", "at most"), ("lt", "below")):
        if hasattr(item, key):
            return f"{words} {getattr(item, key)}"
    return f"{item.min_length} or more" if getattr(item, "min_length", 0) else ""


def _spoken(annotation: Any) -> str:
    """A type in words."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _spoken(arguments[0])
    if origin is Literal:
        return " or ".join(f"`{value}`" if value != "" else "empty" for value in arguments)
    if origin in (Union, UnionType) and (base := _common(arguments)):
        return f"a {words(base.__name__).lower()}"
    if origin in (Union, UnionType):
        return " or ".join(dict.fromkeys(_spoken(a) for a in arguments if a is not NoneType))
    if origin is tuple:
        many = [a for a in arguments if a is not Ellipsis]
        return (
            f"a list of {_spoken(many[0])}" if Ellipsis in arguments else f"a list of {len(many)}: {_spoken(many[0])}"
        )
    if origin is dict:
        return f"a mapping from {_spoken(arguments[0])} to {_spoken(arguments[1])}"
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return f"a mapping ({words(annotation.__name__).lower()})"
    if annotation is AwareDatetime:
        return "a time with its zone"
    return {str: "text", int: "a whole number", float: "a number", bool: "true or false"}.get(annotation, "any value")


def inner(fields: Mapping[str, FieldInfo]) -> list[type[BaseModel]]:
    """The records that these fields hold, each once, those nearer to them first."""
    seen: list[type[BaseModel]] = []
    left = [field.annotation for field in fields.values()]
    while left:
        annotation = left.pop(0)
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            if annotation not in seen:
                seen.append(annotation)
                left += [field.annotation for field in annotation.model_fields.values()]
        else:
            left += list(get_args(annotation))
    return seen


def _common(models: tuple[Any, ...]) -> type[BaseModel] | None:
    """What all of several records are, as every check is a `Check`; None where they are several things."""
    if not all(isinstance(model, type) and issubclass(model, BaseModel) for model in models):
        return None
    shared = (base for base in models[0].__mro__ if all(issubclass(model, base) for model in models))
    base = next(shared)
    return base if base not in (Record, BaseModel) else None

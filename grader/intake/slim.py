"""A notebook without what nobody here looks at: pictures, widgets, what programs keep in it."""

import re
from typing import Any

from grader.core.errors import SubmissionError

CUT = "grader_cut"  # where a notebook's metadata say what of it is gone that should be read
_KEPT_OF_NOTEBOOK = ("cells", "worksheets", "metadata", "nbformat", "nbformat_minor", "orig_nbformat")
_KEPT_OF_METADATA = ("kernelspec", "language_info")
_KEPT_OF_CELL = (
    *("cell_type", "source", "input", "outputs", "execution_count", "prompt_number", "level", "language", "id"),
    *("collapsed", "metadata"),
)
_SAID = ("text", "ename", "evalue", "name", "output_type", "execution_count", "html", "latex")
_BEGINNING = 64  # characters: they tell a picture
_MOST_SAID = 4 * 2**20
_MOST_SOURCE = 8 * 2**20
_EMBEDDED = re.compile(r"(data:[\w.+-]{1,60}/[\w.+-]{1,60};base64,[A-Za-z0-9+/=]{64})[A-Za-z0-9+/=\s]*")


def source_of(cell: dict[str, Any]) -> str:
    """The source of a cell as one text."""
    source = cell.get("source", cell.get("input", ""))
    return source if isinstance(source, str) else "".join(source)


def slimmed(content: dict[str, Any], cells: list[dict[str, Any]]) -> str:
    """Take away, in place, what is not looked at; what comes back says what of it should have been.

    Pictures keep their beginning. Raises SubmissionError where the cells themselves are too much.
    """
    _keep(content, _KEPT_OF_NOTEBOOK)
    _keep(content["metadata"], _KEPT_OF_METADATA)
    left, size = _MOST_SAID, 0
    for cell in cells:
        _keep(cell, _KEPT_OF_CELL)
        cell["metadata"] = {}
        key = "source" if "source" in cell else "input"
        source = source_of(cell)
        if cell["cell_type"] != "code":
            source = _EMBEDDED.sub(r"\1", source)
        cell[key] = source
        size += len(source)
        if size > _MOST_SOURCE:
            raise SubmissionError(f"has more than {_MOST_SOURCE // 2**20} MB of text and code in its cells")
        if cell["cell_type"] == "code":
            outputs = []
            for output in cell["outputs"]:
                kept = _kept(output)
                said = _size(kept)
                if said <= left:
                    outputs.append(kept)
                left -= said
            cell["outputs"] = outputs
    return f"has more than {_MOST_SAID // 2**20} MB of saved outputs, of which the first were read" if left < 0 else ""


def _keep(found: dict[str, Any], keys: tuple[str, ...]) -> None:
    for key in [key for key in found if key not in keys]:
        del found[key]


def _kept(output: dict[str, Any]) -> dict[str, Any]:
    """One output: its words, and the beginnings of its pictures."""
    kept = {key: value for key in _SAID if (value := _text(output.get(key))) is not None}
    kept |= {key: beginning for key in ("png", "jpeg", "svg") if (beginning := _start(output.get(key))) is not None}
    if output.get("output_type") in ("error", "pyerr"):
        kept["traceback"] = []
    if isinstance(data := output.get("data"), dict):
        words = {key: value for key in data if str(key).startswith("text/") and (value := _text(data[key])) is not None}
        drawn = {
            key: value for key in data if str(key).startswith("image/") and (value := _start(data[key])) is not None
        }
        kept["data"] = words | drawn
    if output.get("output_type") in ("display_data", "execute_result", "pyout"):
        kept["metadata"] = {}
    return kept


def _text(value: Any) -> Any:
    """Text, or a list of it as one; whatever is neither is none."""
    if isinstance(value, list) and all(isinstance(line, str) for line in value):
        return "".join(value)
    return value if isinstance(value, str | int) else None


def _start(value: Any) -> str | None:
    text = _text(value)
    return text[:_BEGINNING] if isinstance(text, str) else None


def _size(kept: dict[str, Any]) -> int:
    said = [*kept.values(), *kept.get("data", {}).values()]
    return sum(len(value) for value in said if isinstance(value, str)) + 100

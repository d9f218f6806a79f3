"""Finds a function that a student wrote: in cells, in scripts, and in the code blocks of a document. Nothing is run."""

import ast
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from nbformat import NotebookNode

from grader.core.document import Document
from grader.core.python_source import parsed
from grader.core.record import Record
from grader.core.source import Source

_NOT_PYTHON = re.compile(r"%%(?!time|timeit|capture|prun)")
_MAGIC = re.compile(r"^([ \t]*)[%!?].*$", re.MULTILINE)
_MOST_CODE = 200_000  # characters of one block; parsers take long for more
_MOST_BLOCKS = 5000


class Code(Record):
    """A piece of Python as it stands in a file; `line` is that of its first one."""

    file: str
    line: int = 1
    cell: int | None = None
    source: str


class Statement(Record):
    """One statement of a submission that defines something: an import, a function, a class, a constant."""

    file: str
    line: int
    source: str


class Definition(Record):
    """A function as found: its own text, where it stands, and all statements that it may need, itself last.

    `problem` says why it can't be run, or that there is none.
    """

    name: str = ""
    source: Source | None = None
    text: str = ""
    statements: tuple[Statement, ...] = ()
    notes: tuple[str, ...] = ()
    problem: str = ""


class FunctionSought(Record):
    """The names of a function, the first one first, and the code that may define it."""

    names: tuple[str, ...]
    code: tuple[Code, ...]


def function(folder: str, sought: Mapping[str, Any]) -> Definition:  # noqa: ARG001  # of every question
    """The same as `find_function`, for the confined process: parsing code may take all memory."""
    asked = FunctionSought.model_validate(sought)
    return find_function(asked.names, asked.code)


def code_of_notebook(notebook: NotebookNode, file: str) -> tuple[Code, ...]:
    """Its code cells, without what only IPython understands; line numbers stay."""
    cells = ((i, c.source) for i, c in enumerate(notebook.cells, 1) if c.cell_type == "code")
    return tuple(
        Code(file=file, cell=index, source=_MAGIC.sub(r"\1pass", source))
        for index, source in islice(cells, _MOST_BLOCKS)
        if not _NOT_PYTHON.match(source)
    )


def code_of_document(document: Document) -> tuple[Code, ...]:
    """The code blocks of a document."""
    blocks = (block for block in document.blocks if block.kind == "code")
    return tuple(
        Code(file=document.file, line=block.source.line or 1, source=_dedented(block.text.split("\n")))
        for block in islice(blocks, _MOST_BLOCKS)
    )


def _dedented(lines: list[str]) -> str:
    """Without the margin that all lines share, as in a list's item, and the `\\_` that some converters write."""
    margin = min((len(line) - len(line.lstrip()) for line in lines if line.strip()), default=0)
    return "\n".join(line[margin:].replace("\\_", "_") for line in lines)


def find_function(names: Sequence[str], code: Iterable[Code]) -> Definition:
    """The function of the first of these names that is defined; where it is defined more than once, the last time."""
    code = tuple(code)
    parsed = [(piece, _parse(piece.source)) for piece in code]
    for name in names:
        found = [(piece, node) for piece, tree in parsed for node in _top(tree) if _defines(node) == name]
        if found:
            piece, node = found[-1]
            own = _statements([(p, t) for p, t in parsed if p.file == piece.file])
            others = _statements([(p, t) for p, t in parsed if p.file != piece.file])
            statement = _statement(piece, node)
            return Definition(
                name=name,
                source=_source(piece, node.lineno),
                text=statement.source,
                statements=(*others, *own, statement),
                notes=tuple(_notes(name, found)),
            )
    return _missing(names, parsed)


def quoted(names: Sequence[str], documents: Iterable[Document]) -> Source | None:
    """Where a document defines one of these, be it in a code block or not, as in the text of a PDF."""
    pattern = _definition(names)
    for document in documents:
        for block in document.blocks:
            match = pattern.search(block.text)
            if match:
                return block.source.below(block.text.count("\n", 0, match.start()))
    return None


def _definition(names: Sequence[str]) -> re.Pattern[str]:
    return re.compile(rf"^[ \t]*def[ \t]+({'|'.join(map(re.escape, names))})[ \t]*\(", re.MULTILINE)


def _parse(source: str) -> ast.Module | str:
    """The statements, or what is wrong with them."""
    if len(source) > _MOST_CODE:
        return f"is longer than {_MOST_CODE:,} characters"
    try:
        return parsed(source)
    except SyntaxError as error:
        return f"line {error.lineno}: {error.msg}"
    except (ValueError, RecursionError, MemoryError) as error:  # null bytes; brackets without end
        return f"can't be parsed ({type(error).__name__})"


def _top(tree: ast.Module | str) -> list[ast.stmt]:
    return [] if isinstance(tree, str) else tree.body


def _defines(node: ast.stmt) -> str:
    """The name of the function that a statement defines; a lambda with a name is one."""
    if isinstance(node, ast.FunctionDef):
        return node.name
    if isinstance(node, ast.Assign) and isinstance(node.value, ast.Lambda) and isinstance(node.targets[0], ast.Name):
        return node.targets[0].id
    return ""


def _statements(parsed: Iterable[tuple[Code, ast.Module | str]]) -> Iterator[Statement]:
    """What defines something without computing: no training starts when these are run."""
    for piece, tree in parsed:
        for node in _top(tree):
            definition = isinstance(node, ast.Import | ast.ImportFrom | ast.ClassDef) or _defines(node)
            if definition or (isinstance(node, ast.Assign) and _constant(node.value)):
                yield _statement(piece, node)


def _constant(node: ast.expr) -> bool:
    plain = (ast.Constant, ast.UnaryOp, ast.USub, ast.Tuple, ast.List, ast.Load)
    return all(isinstance(part, plain) for part in islice(ast.walk(node), 1000))


def _statement(piece: Code, node: ast.stmt) -> Statement:
    decorators = getattr(node, "decorator_list", [])
    first = min([node.lineno, *(d.lineno for d in decorators)])
    lines = piece.source.split("\n")[first - 1 : node.end_lineno]
    lines[-1] = lines[-1].encode()[: node.end_col_offset].decode()  # what follows a semicolon is another statement
    if first == node.lineno:
        lines[0] = lines[0].encode()[node.col_offset :].decode()
    return Statement(file=piece.file, line=piece.line - 1 + first, source="\n".join(lines))


def _source(piece: Code, line: int) -> Source:
    return Source(file=piece.file, cell=piece.cell, line=None if piece.cell else piece.line - 1 + line)


def _notes(name: str, found: Sequence[tuple[Code, ast.stmt]]) -> Iterator[str]:
    different = {_shape(node): (piece, node) for piece, node in found}
    if len(different) > 1:
        places = [str(_source(piece, node.lineno)) for piece, node in found]
        yield f"`{name}` is defined {len(found)} times ({', '.join(places[:5])}); the last one counts."


def _shape(node: ast.stmt) -> str:
    try:
        return ast.dump(node)
    except RecursionError:
        return str(id(node))


def _missing(names: Sequence[str], parsed: Sequence[tuple[Code, ast.Module | str]]) -> Definition:
    """Why none was found: its code can't be parsed, or it stands inside something, or nowhere."""
    defined = _definition(names)
    for piece, tree in parsed:
        if match := defined.search(piece.source):
            source = _source(piece, piece.source.count("\n", 0, match.start()) + 1)
            inside = "stands inside other code; it must stand by itself"
            why = f"is no valid Python: {_absolute(tree, piece)}" if isinstance(tree, str) else inside
            return Definition(name=match[1], source=source, problem=f"`{match[1]}` {why}")
    also = f" (or {', '.join(f'`{name}`' for name in names[1:])})" if len(names) > 1 else ""
    return Definition(problem=f"no function `{names[0]}`{also} was found in the code that was handed in")


def _absolute(fault: str, piece: Code) -> str:
    """The line of the file instead of that of the block."""
    return re.sub(r"^line (\d+)", lambda m: f"line {int(m[1]) + piece.line - 1}", fault)

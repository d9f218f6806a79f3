"""Ways in which code that was taken over is made to look like one's own: each from cells to cells."""

import ast
import builtins
import random
import re
from collections.abc import Callable

_WORDS = ("mein", "unser", "das", "ein", "neu", "gross")


class _Renamed(ast.NodeTransformer):
    """Renames what the code itself binds: variables, functions, classes, parameters, attributes of self."""

    def __init__(self, names: dict[str, str], attributes: dict[str, str]) -> None:
        self.names, self.attributes = names, attributes

    def visit_Name(self, node: ast.Name) -> ast.AST:
        node.id = self.names.get(node.id, node.id)
        return node

    def visit_arg(self, node: ast.arg) -> ast.AST:
        node.arg = self.names.get(node.arg, node.arg)
        return self.generic_visit(node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.name = self.names.get(node.name, node.name)
        return self.generic_visit(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        node.name = self.names.get(node.name, node.name)
        return self.generic_visit(node)

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        node.attr = self.attributes.get(node.attr, node.attr)
        return self.generic_visit(node)


def renamed(cells: list[str]) -> list[str]:
    """Every name of its own is another one."""
    trees = [ast.parse(cell) for cell in cells]
    names, own = set(), set()
    for tree in trees:
        for node in ast.walk(tree):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                names.add(node.id)
            elif isinstance(node, ast.FunctionDef | ast.ClassDef) and node in tree.body:
                names.add(node.name)
            elif isinstance(node, ast.arg):
                names.add(node.arg)
            elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store) and _is_self(node.value):
                own.add(node.attr)
    names -= {"self", *dir(builtins)}
    other = {name: f"{_WORDS[i % len(_WORDS)]}_{i}" for i, name in enumerate(sorted(names))}
    parts = {name: f"teil_{i}" for i, name in enumerate(sorted(own))}
    return [ast.unparse(_Renamed(other, parts).visit(tree)) for tree in trees]


def _is_self(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id == "self"


def reordered(cells: list[str]) -> list[str]:
    """The cells stand in another order."""
    return cells[1::2] + cells[::2]


def reformatted(cells: list[str]) -> list[str]:
    """Written anew by a formatter: quotes, spaces, lines, no comments."""
    return [ast.unparse(ast.parse(cell)) for cell in cells]


def commented(cells: list[str]) -> list[str]:
    """A remark in another language behind every line, and before every cell."""
    ends = re.compile(r"(?<=[\w\])])$", re.MULTILINE)
    return ["# Hier beginnt es\n" + ends.sub("  # und weiter geht es", cell) for cell in cells]


def padded(cells: list[str]) -> list[str]:
    """Statements that do nothing, behind one in four at the top level."""
    draw = random.Random(7)
    shown = []
    for cell in cells:
        body = []
        for statement in ast.parse(cell).body:
            body.append(statement)
            if draw.random() < 0.25:
                body += ast.parse(f"unused_{draw.randrange(99)} = [{draw.randrange(99)} ** 2, 'nothing'][0]").body
        shown.append(ast.unparse(ast.Module(body, [])))
    return shown


def other_values(cells: list[str]) -> list[str]:
    """Every number and every string is another one."""
    trees = [ast.parse(cell) for cell in cells]
    for tree in trees:
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and type(node.value) in (int, float):
                node.value += 1
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                node.value = node.value.upper() + "!"
    return [ast.unparse(tree) for tree in trees]


def merged(cells: list[str]) -> list[str]:
    """All in one cell."""
    return ["\n".join(cells)]


def split(cells: list[str]) -> list[str]:
    """A cell for each statement."""
    return [ast.unparse(statement) for cell in cells for statement in ast.parse(cell).body]


def all_of_it(cells: list[str]) -> list[str]:
    """Everything at once."""
    return commented(reordered(split(padded(other_values(renamed(cells))))))


DISGUISES: dict[str, Callable[[list[str]], list[str]]] = {
    each.__name__.replace("_", " "): each
    for each in (renamed, reordered, reformatted, commented, padded, other_values, merged, split, all_of_it)
}

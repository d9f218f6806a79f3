"""Tables: those that rules are drawn around, those between rules, and those whose columns are aligned."""

from bisect import bisect
from collections.abc import Callable
from dataclasses import dataclass

from grader.core.document import Cell, Run
from grader.documents.pdf.atoms import Atom, Box
from grader.documents.pdf.rows import Row, Token, cells_of, rows_of
from grader.documents.pdf.runs import runs_of_tokens

_TOUCH = 1.9  # points between rules that meet
_SAME = 4.0  # points between rules that are one edge
_MOST_RULES = 1000
_COLUMN_GAP = 0.85  # of the size of letters: what parts the columns of a table
_MOST_COLUMNS = 60
_MOST_ABOVE = 40.0  # points above the first rule in which a head may stand
_BREAK = (Run(text="\n"),)


@dataclass(frozen=True)
class Table:
    """A table in its place."""

    box: Box
    rows: tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True)
class Grid:
    """Where rules that meet draw cells."""

    box: Box
    xs: tuple[float, ...]
    ys: tuple[float, ...]


def grids_of(level: list[Box], upright: list[Box], frames: list[Box]) -> tuple[list[Grid], list[Box], list[Box]]:
    """(grids, frames of one cell, rules that belong to neither)."""
    if len(level) + len(upright) > _MOST_RULES:
        return [], frames, level
    edges = [*level, *upright]
    kinds = [True] * len(level) + [False] * len(upright)
    for frame in frames[: _MOST_RULES // 4]:
        x0, y0, x1, y1 = frame
        edges += [Box(x0, y0, x1, y0), Box(x0, y1, x1, y1), Box(x0, y0, x0, y1), Box(x1, y0, x1, y1)]
        kinds += [True, True, False, False]
    grids: list[Grid] = []
    single: list[Box] = []
    taken: set[int] = set()
    for group in _meeting(edges):
        across = [edges[i] for i in group if kinds[i]]
        down = [edges[i] for i in group if not kinds[i]]
        if not across or not down:
            continue
        box = Box(
            min(edges[i].x0 for i in group), min(edges[i].y0 for i in group),
            max(edges[i].x1 for i in group), max(edges[i].y1 for i in group),
        )  # fmt: skip
        xs = _apart([(edge.x0 + edge.x1) / 2 for edge in down])
        ys = _apart([(edge.y0 + edge.y1) / 2 for edge in across])
        if len(xs) == 2 and len(ys) == 2:
            single.append(box)
            taken.update(group)
        elif len(xs) == len(ys) == 1 and min(box.width, box.height) > 20 and _cross(box, xs[0], ys[0]):
            grids.append(Grid(box, (), ()))
            taken.update(group)
        elif len(ys) >= 2 and (len(xs) >= 2 or len(ys) >= 3 or len(down) >= 2):
            grids.append(Grid(box, tuple(xs), tuple(ys)))
            taken.update(group)
    return grids, single, [rule for i, rule in enumerate(level) if i not in taken]


def _cross(box: Box, x: float, y: float) -> bool:
    """Whether rules cross, as those under a head and beside a first column do."""
    return box.x0 + _SAME < x < box.x1 - _SAME and box.y0 + _SAME < y < box.y1 - _SAME


def _meeting(edges: list[Box]) -> list[list[int]]:
    """Edges by what they touch, directly or through others."""
    parent = list(range(len(edges)))

    def root(i: int) -> int:
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    active: list[int] = []
    for i in sorted(range(len(edges)), key=lambda i: edges[i].x0):
        edge = edges[i]
        active = [k for k in active if edges[k].x1 + _TOUCH >= edge.x0]
        for k in active:
            if edges[k].y0 - _TOUCH <= edge.y1 and edge.y0 - _TOUCH <= edges[k].y1:
                parent[root(k)] = root(i)
        active.append(i)
    groups: dict[int, list[int]] = {}
    for i in range(len(edges)):
        groups.setdefault(root(i), []).append(i)
    return list(groups.values())


def _apart(values: list[float]) -> list[float]:
    found: list[float] = []
    for value in sorted(values):
        if not found or value - found[-1] > _SAME:
            found.append(value)
    return found


def ruled(grid: Grid, atoms: list[Atom]) -> Table | None:
    """The table in a grid; None where it holds less than two columns or rows, and so is no table."""
    if not atoms or len(grid.xs) > _MOST_COLUMNS:
        return None
    # Outer edges may be left out: what stands beyond the first or last rule is a column of its own.
    xs = [x for x in grid.xs if grid.box.x0 + _SAME < x < grid.box.x1 - _SAME]
    ys = sorted(y for y in grid.ys if grid.box.y0 + _SAME < y < grid.box.y1 - _SAME)
    bands: list[list[Atom]] = [[] for _ in range(len(ys) + 1)]
    for atom in atoms:
        bands[len(ys) - bisect(ys, atom.y)].append(atom)
    filled = [band for band in bands if band]
    rows: list[list[list[Row]]] = []
    if xs:
        for band in filled:
            columns: list[list[Atom]] = [[] for _ in range(len(xs) + 1)]
            for atom in band:
                columns[bisect(xs, atom.x)].append(atom)
            rows.extend(_lines_of_band([rows_of(column) for column in columns], many=len(filled) <= 3))
    else:
        rows = [[[Row(cell, 0)] if cell else [] for cell in row] for row in cells_of(rows_of(atoms), _COLUMN_GAP)]
    table = _trimmed([[_cell(cell) for cell in row] for row in rows])
    lines = rows_of(atoms)
    if len(lines) == len(filled) or (len(filled) <= 3 and len(lines) > len(filled)):
        # Rules part but some of the columns where each line is a row of its own.
        finer = _aligned_rows(lines)
        full = finer and sum(bool(cell) for row in finer for cell in row) >= 0.75 * len(finer) * len(finer[0])
        if full and len(finer[0]) > max(len(table[0]) if table else 0, len(xs) + 1):
            table = finer
    if len(table) < 2 and (not table or len(table[0]) < 2):
        return None
    if len(table[0]) < 2:
        return None
    return Table(grid.box, table)


def _lines_of_band(columns: list[list[Row]], *, many: bool) -> list[list[list[Row]]]:
    """A band between two rules: one row, or several that no rule parts."""
    counts = [len(column) for column in columns if column]
    if many and len(counts) > 1 and min(counts) == max(counts) > 1:
        bases = [[row.base for row in column] for column in columns if column]
        level = all(max(each) - min(each) < 4 for each in zip(*bases, strict=True))
        if level:
            return [[[column[i]] if column else [] for column in columns] for i in range(counts[0])]
    return [columns]


def _cell(rows: list[Row]) -> Cell:
    return tuple(run for i, row in enumerate(rows) for run in (*_BREAK[:i], *runs_of_tokens(row.tokens)))


def _trimmed(rows: list[list[Cell]]) -> tuple[tuple[Cell, ...], ...]:
    """Without rows and columns that hold nothing."""
    rows = [row for row in rows if any(row)]
    if not rows:
        return ()
    kept = [i for i in range(len(rows[0])) if any(row[i] for row in rows)]
    return tuple(tuple(row[i] for i in kept) for row in rows)


def between_rules(rules: list[Box], atoms_in: Callable[[Box], list[Atom]]) -> tuple[list[Table], list[Box]]:
    """Tables whose rows stand between level rules of one width, and those rules."""
    groups: dict[tuple[int, int], list[Box]] = {}
    for rule in rules:
        if rule.width > 40:
            near = ((round(rule.x0 / 4) + i, round(rule.x1 / 4) + k) for i in (-1, 0, 1) for k in (-1, 0, 1))
            key = next((key for key in near if key in groups), (round(rule.x0 / 4), round(rule.x1 / 4)))
            groups.setdefault(key, []).append(rule)
    tables: list[Table] = []
    used: list[Box] = []
    for group in groups.values():
        group.sort(key=lambda rule: -rule.y0)
        start: int | None = None
        for i in range(len(group)):
            tabular = i + 1 < len(group) and _is_tabular(_between(group[i], group[i + 1], atoms_in))
            if tabular and start is None:
                start = i
            if not tabular and start is not None:
                table = _booktabs(group[start : i + 1], atoms_in)
                if table:
                    table = _with_head(table, atoms_in)
                    tables.append(table)
                    used.extend(group[start : i + 1])
                start = None
    return tables, used


def _between(upper: Box, lower: Box, atoms_in: Callable[[Box], list[Atom]]) -> list[Atom]:
    return atoms_in(Box(upper.x0 - 2, lower.y1, upper.x1 + 2, upper.y0))


def _is_tabular(atoms: list[Atom]) -> bool:
    rows = rows_of(atoms)
    if not rows:
        return False
    several = sum(len(_pieces(row)) > 1 for row in rows)
    return several * 2 > len(rows)


def _pieces(row: Row, gap: float = _COLUMN_GAP) -> list[list[Token]]:
    pieces: list[list[Token]] = []
    edge = 0.0
    for token in row.tokens:
        if pieces and token.x0 - edge < gap * row.size:
            pieces[-1].append(token)
        else:
            pieces.append([token])
        edge = max(edge, token.x1)
    return pieces


def _booktabs(rules: list[Box], atoms_in: Callable[[Box], list[Atom]]) -> Table | None:
    box = Box(rules[0].x0, rules[-1].y0, rules[0].x1, rules[0].y1)
    rows = rows_of(atoms_in(box))
    table = _aligned_rows(rows)
    head = sum(row.base > rules[1].y1 for row in rows)
    if len(rules) > 2 and 1 < head < len(table) == len(rows):
        # A head of several rows names each column once.
        columns = zip(*table[:head], strict=True)
        table = (tuple(_one_under_another(cells) for cells in columns), *table[head:])
    return Table(box, table) if table and len(table[0]) > 1 and len(table) > 1 else None


def _with_head(table: Table, atoms_in: Callable[[Box], list[Atom]]) -> Table:
    """The table with the row that stands right above its first rule, where that has a cell in each column."""
    box = table.box
    rows = rows_of(atoms_in(Box(box.x0 - 2, box.y0, box.x1 + 2, box.y1 + _MOST_ABOVE)))
    above = [row for row in rows if row.base > box.y1]
    below = [row for row in rows if row.base <= box.y1]
    if not above or not below or above[-1].base - box.y1 > 1.5 * above[-1].size:
        return table
    whole = _aligned_rows([above[-1], *below])
    columns = len(table.rows[0])
    if columns < 3 or len(whole) < 2 or len(whole[0]) != columns or not all(whole[0]):
        return table
    top = max(above[-1].box.y1, box.y1)
    return Table(box._replace(y1=top), (whole[0], *table.rows))


def _one_under_another(cells: tuple[Cell, ...]) -> Cell:
    filled = [cell for cell in cells if cell]
    return tuple(run for i, cell in enumerate(filled) for run in (*_BREAK[:i], *cell))


def _aligned_rows(rows: list[Row]) -> tuple[tuple[Cell, ...], ...]:
    # A row that spans columns (a title over several) would join them: columns are what the other rows agree on.
    most = max((len(_pieces(row)) for row in rows), default=0)
    usual = [row for row in rows if len(_pieces(row)) * 2 > most]
    spans = sorted((piece[0].x0, max(t.x1 for t in piece)) for row in usual for piece in _pieces(row))
    columns: list[list[float]] = []
    for left, right in spans:
        if columns and left < columns[-1][1]:
            columns[-1][1] = max(columns[-1][1], right)
        else:
            columns.append([left, right])
    table: list[list[Cell]] = []
    for row in rows:
        line: list[list[Token]] = [[] for _ in columns]
        for piece in _pieces(row):
            line[_nearest(columns, (piece[0].x0 + piece[-1].x1) / 2)].extend(piece)
        table.append([runs_of_tokens(cell) if cell else () for cell in line])
    return _trimmed(table)


def _nearest(columns: list[list[float]], x: float) -> int:
    """The column that holds this place, or is nearest to it."""
    after = bisect(columns, [x, x])
    near = range(max(after - 1, 0), min(after + 1, len(columns)))
    return min(near, key=lambda i: max(columns[i][0] - x, x - columns[i][1]))


def aligned(rows: list[Row]) -> list[tuple[int, int, Table]]:
    """Tables without rules among the rows of a column of text: (first row, row after the last, table)."""
    found: list[tuple[int, int, Table]] = []
    start = 0
    while start < len(rows):
        stop = start
        shape: list[float] = []
        while stop < len(rows) and (pieces := _table_row(rows[stop])):
            starts = [piece[0].x0 for piece in pieces]
            ends = [max(token.x1 for token in piece) for piece in pieces]
            middles = [(one + two) / 2 for one, two in zip(starts, ends, strict=True)]
            here = [*starts, *ends, *middles]
            if stop > start and (
                len(here) != len(shape)
                or rows[stop - 1].base - rows[stop].base > 3 * rows[stop].size
                or not _in_columns(shape, here, rows[stop].size)
            ):
                break
            shape = shape or here
            stop += 1
        columns = len(shape) // 3
        if columns and _is_prose(rows[start:stop]):
            start = stop
            continue
        if stop - start >= 3 or (stop - start == 2 and columns >= 3):
            part = rows[start:stop]
            boxes = [row.box for row in part]
            box = Box(
                min(b.x0 for b in boxes), min(b.y0 for b in boxes), max(b.x1 for b in boxes), max(b.y1 for b in boxes)
            )
            found.append((start, stop, Table(box, _aligned_rows(part))))
            start = stop
        else:
            start = max(stop, start + 1) if stop - start < 2 else start + 1
    return found


def _is_prose(rows: list[Row]) -> bool:
    """Whether these are columns of prose: several long cells in most of the rows."""
    long = sum(sum(len(piece) > 4 for piece in _pieces(row, 0.95)) > 1 for row in rows)
    return long * 2 > len(rows)


def _table_row(row: Row) -> list[list[Token]]:
    """The cells of a row that may be a table's; none where it is code, a numbered formula or an item of a list."""
    if all(token.atom.style.mono for token in row.tokens):
        return []
    pieces = _pieces(row, 0.95)
    if not 1 < len(pieces) <= _MOST_COLUMNS:
        return []
    first = "".join(token.atom.text for token in pieces[0])
    last = "".join(token.atom.text for token in pieces[-1])
    if len(first) < 2 and not first.isalnum():
        return []
    if (
        first.startswith("(")
        and len(first) < 6
        or (first[:-1].isalnum() and first.endswith((".", ")")) and len(first) < 5)
    ):
        return []
    if last.startswith("(") and last.endswith(")") and last[1:-1].replace(".", "").isdigit():
        return []
    return pieces


def _in_columns(shape: list[float], here: list[float], size: float) -> bool:
    """Whether each cell begins, ends or is centred where the one above does."""
    many = len(shape) // 3
    return all(any(abs(shape[i + k * many] - here[i + k * many]) < 0.4 * size for k in range(3)) for i in range(many))

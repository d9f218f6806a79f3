"""Whether words can be seen: where colours and places make it doubtful, the page is drawn and looked at."""

from typing import Any

import pypdfium2

from grader.documents.pdf.atoms import Atom
from grader.documents.pdf.characters import CLIPPED, COVERED, GROUND, WHITE

_DOUBTFUL = frozenset({WHITE, GROUND, COVERED, CLIPPED})
_SCALE = 1.5
_MOST_PIXELS = 3_000_000
_SEEN = 36  # of 255: the contrast that makes letters visible
_NOTHING = 8


def looked_at(
    page: pypdfium2.PdfPage, atoms: list[Atom], turn: int, size: tuple[float, float], grouped: bool
) -> list[Atom]:
    """The words, hidden only where nothing is to be seen.

    `grouped` says that words stand in groups, which may be drawn faintly whatever their colours are.
    """
    if not grouped and not any(atom.hidden in _DOUBTFUL for atom in atoms):
        return atoms
    width, height = size
    if not 0 < width * height * _SCALE**2 < _MOST_PIXELS:
        return atoms
    import numpy as np  # few documents need it

    rotation = (turn - page.get_rotation()) % 360
    bitmap = page.render(scale=_SCALE, rotation=rotation, grayscale=True, draw_annots=False)
    pixels = bitmap.to_numpy().astype(np.int16)
    pixels = pixels[:, :, 0] if pixels.ndim == 3 else pixels
    found = []
    for atom in atoms:
        if atom.hidden in _DOUBTFUL and _contrast(atom, pixels, height) >= _SEEN:
            atom = atom._replace(hidden="")
        elif grouped and not atom.hidden and atom.text.isalnum() and 0 <= _contrast(atom, pixels, height) < _NOTHING:
            atom = atom._replace(hidden="transparent text")
        found.append(atom)
    return found


def _contrast(atom: Atom, pixels: Any, height: float) -> int:
    """How much lighter one place of a word is than another; -1 where the word isn't on the page.

    Along rows for letters, so that a line under or through a word is no letter; anywhere for signs.
    """
    margin = 0.1 * (atom.box.x1 - atom.box.x0) if atom.text.isalnum() else -1
    left, right = int((atom.box.x0 + margin) * _SCALE), int((atom.box.x1 - margin) * _SCALE) + 1
    low, high = atom.base, atom.base + 0.65 * atom.size
    if not atom.text.isalnum():
        low, high = min(low, atom.box.y0) - 1, max(atom.box.y1, low) + 1
    above, below = int((height - high) * _SCALE), int((height - low) * _SCALE) + 1
    part = pixels[max(above, 0) : max(below, 0), max(left, 0) : max(right, 0)]
    if part.size == 0:
        return -1
    if atom.text.isalnum():
        return int((part.max(axis=1) - part.min(axis=1)).max())
    return int(part.max() - part.min())

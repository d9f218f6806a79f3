"""A row of tokens as runs: words in their styles, and formulas where plain words would lose what stands there."""

import re
from collections import Counter

from grader.core.document import Run
from grader.documents.pdf.atoms import Atom
from grader.documents.pdf.notation import FUNCTIONS
from grader.documents.pdf.rows import Row, Token, latex_line

_GAP = 0.17  # of the size of letters: what parts words
_THIN = 0.2
_GROUP = re.compile(r"\d{1,3},")
_THREE = re.compile(r"\d{3}(?!\d)")
_MATHS = frozenset("0123456789.,+-−=×·⋅÷/()[]{}<>≤≥≈≠|!'′…⋯±→∈*%:;∼~")
_OPERATORS = frozenset("+-−=×·⋅÷/<>≤≥≈≠±→∈*∼~(")
_RELATIONS = frozenset("=≈≤≥<>∼≠")
_PUNCTUATION = frozenset(".,;:")
_ORDINALS = frozenset({"st", "nd", "rd", "th"})


def runs_of(row: Row) -> tuple[Run, ...]:
    """The runs of a row."""
    return runs_of_tokens(row.tokens)


def runs_of_tokens(tokens: list[Token]) -> tuple[Run, ...]:
    """Tokens of one row as runs."""
    tokens = [_without_ordinal(token) for token in tokens]
    runs: list[Run] = []
    last: Token | None = None
    spans = _formulas(tokens)
    i = 0
    while i < len(tokens):
        token = tokens[i]
        space = " " if last and _spaced(last, token) else ""
        if i in spans:
            end = spans[i]
            part = tokens[i:end]
            head = part[0].atom
            _add(runs, Run(text=space))
            struck = all(each.atom.struck for each in part)
            latex = latex_line(part)
            tail = "" if part[-1].structured else latex[len(latex.rstrip(".,;:")) :]
            runs.append(Run(text=latex.removesuffix(tail), formula=True, struck=struck, link=head.link))
            if tail:
                runs.append(Run(text=tail))
            last, i = part[-1], end
            continue
        _add(runs, Run(text=space + token.atom.text, **_looks(token.atom)))
        if token.upper or token.lower:
            scripts = "".join(
                f"{mark}{{{latex_line([Token(each) for each in some])}}}"
                for mark, some in (("_", token.lower), ("^", token.upper))
                if some
            )
            runs.append(Run(text=scripts, formula=True, struck=token.atom.struck, link=token.atom.link))
        last, i = token, i + 1
    return tuple(runs)


def _looks(atom: Atom) -> dict[str, object]:
    style = atom.style
    return {
        "code": style.mono, "bold": (style.bold and not style.math) or atom.marked,
        "italic": style.italic and not style.math, "struck": atom.struck, "link": atom.link,
    }  # fmt: skip


def _add(runs: list[Run], run: Run) -> None:
    """A run, as a part of the last where it looks the same. A space alone belongs to whatever stands before it."""
    if not run.text:
        return
    if runs and not runs[-1].formula:
        last = runs[-1]
        same = run.model_copy(update={"text": last.text}) == last
        if same or run.text == " ":
            runs[-1] = last.model_copy(update={"text": last.text + run.text})
            return
        if run.text.startswith(" ") and not last.link and not last.struck:
            runs[-1] = last.model_copy(update={"text": last.text + " "})
            run = run.model_copy(update={"text": run.text[1:]})
        elif run.text.startswith(" ") and run != Run(text=run.text):
            runs.append(Run(text=" "))
            run = run.model_copy(update={"text": run.text[1:]})
    runs.append(run)


def _spaced(last: Token, token: Token) -> bool:
    gap = token.x0 - last.x1
    size = min(last.atom.size, token.atom.size)
    if token.atom.text[0] in ".,;:)" and last.structured:
        return gap > 0.4 * size
    if gap < _THIN * size and _GROUP.fullmatch(last.text()) and _THREE.match(token.atom.text):
        return False  # a formula's comma, behind which there is always some room
    words = last.text()[-1:].isalnum() and token.atom.text[0].isalnum()
    written = words and not last.atom.style.math and not token.atom.style.math
    return gap > _GAP * size or ((token.atom.spaced or written) and gap > 0.1 * size)


def _without_ordinal(token: Token) -> Token:
    """ "1st" whose letters are raised is a word."""
    said = "".join(atom.text for atom in token.upper)
    if said in _ORDINALS and token.atom.text[-1:].isdigit() and not token.lower:
        box = token.atom.box._replace(x1=token.x1)
        return Token(token.atom._replace(text=token.atom.text + said, box=box))
    return token


# which tokens are formulas


def _formulas(tokens: list[Token]) -> dict[int, int]:
    """The beginnings of formulas, with their ends: what has a structure, and the mathematics around it."""
    maths = [_mathematical(token) for token in tokens]
    words = [_is_word(token) and not _is_function(i, tokens) for i, token in enumerate(tokens)]
    maths = [one or (_is_word(token) and not word) for one, token, word in zip(maths, tokens, words, strict=True)]
    display = not any(words)
    spans: dict[int, int] = {}
    end = 0
    for i, token in enumerate(tokens):
        if i < end or not token.structured or words[i]:
            continue
        start = i
        while start > end and maths[start - 1] and _hang_together(tokens[start - 1], tokens[start], display):
            start -= 1
        stop = i + 1
        while stop < len(tokens) and maths[stop] and _hang_together(tokens[stop - 1], tokens[stop], display):
            stop += 1
        start, stop = _trimmed(tokens, start, stop, i)
        spans[start] = end = stop
    return spans


def _is_word(token: Token) -> bool:
    """Words of text, even if something hangs on them: a footnote's number."""
    atom = token.atom
    letters = sum(each.isalpha() for each in atom.text)
    return not atom.latex and not atom.style.math and letters > 1 and letters * 2 > len(atom.text)


def _is_function(i: int, tokens: list[Token]) -> bool:
    """Whether a word is the name of a function: its argument follows at once."""
    one, two = tokens[i], tokens[i + 1] if i + 1 < len(tokens) else None
    return two is not None and two.atom.text.startswith("(") and two.x0 - one.x1 < 0.12 * one.atom.size


def _mathematical(token: Token) -> bool:
    atom = token.atom
    if token.structured:
        return not _is_word(token)
    text = atom.text
    return atom.style.math or all(each in _MATHS for each in text) or (text in FUNCTIONS) or len(text) == 1


def _hang_together(one: Token, two: Token, display: bool) -> bool:
    size = max(one.atom.size, two.atom.size)
    gap = two.x0 - one.x1
    if one.atom.struck != two.atom.struck or one.atom.link != two.atom.link:
        return False
    if display:
        return gap < 2.6 * size
    if gap > 1.1 * size:
        return False
    if one.atom.text in FUNCTIONS and not one.atom.style.math:
        return gap < 0.25 * size
    parted = gap > 0.24 * size
    for token in (one, two):
        if parted and not token.structured and not token.atom.style.math and token.atom.text not in _OPERATORS:
            other = two if token is one else one
            if other.atom.text not in _OPERATORS:
                return False
    if one.atom.text[-1:] in ".;:" and parted:
        return False
    return not (parted and one.atom.text[-1:] == "," and not one.structured)


def _trimmed(tokens: list[Token], start: int, stop: int, sure: int) -> tuple[int, int]:
    """Without the punctuation and the brackets of the sentence around it."""
    said = Counter(token.atom.text for token in tokens[start:stop] if not token.structured)
    while stop - 1 > sure and not tokens[stop - 1].structured:
        text = tokens[stop - 1].atom.text
        if not set(text) <= _PUNCTUATION and not (text == ")" and said[")"] > said["("]):
            break
        said[text] -= 1
        stop -= 1
    while start < sure and not tokens[start].structured:
        text = tokens[start].atom.text
        relation = text in _RELATIONS and start > 0
        if not set(text) <= _PUNCTUATION and not relation and not (text == "(" and said["("] > said[")"]):
            break
        said[text] -= 1
        start += 1
    return start, stop

"""Answers that say the same, put together so that one decision serves them all."""

import re
from collections.abc import Sequence
from unicodedata import normalize

_WORDS = re.compile(r"\w+|[^\w\s]")
# Markdown's marks around words; a sign between spaces, or within a formula, is none.
_MARKED = re.compile(r"(?<![\w*`$])(\*\*|\*|`)(?=[^\W_])([^*`$\n]+?)(?<=[\w.,;:!?])\1(?![\w*`$])")
_LINE = re.compile(r"^(?:#{1,6} |> ?|[-*] )", re.MULTILINE)
# Words without which a sentence says the same. None of them denies, compares or counts.
_IDLE = frozenset(
    ("the", "too", "also", "then", "thus", "hence", "therefore", "really", "simply", "clearly", "obviously")
)


def normalised(text: str) -> str:
    """The text without what says nothing: letters' sizes, spaces, Markdown's marks, idle words, punctuation at ends.

    What is left stays in its order, every sign and number of it.
    """
    plain = normalize("NFKC", text).replace("’", "'")
    plain = _MARKED.sub(r"\2", _LINE.sub("", plain)).casefold()
    words = _WORDS.findall(plain)
    return " ".join([word for word in words if word not in _IDLE] or words).strip(" .,;:!")


def groups(texts: Sequence[str]) -> list[list[int]]:
    """The numbers of the texts, those that say the same together, the largest group first.

    Together are texts that are equal after `normalised`, and no others: of two answers that are merely near, one may
    say the opposite, by the order of two words.
    """
    same: dict[str, list[int]] = {}
    for number, text in enumerate(texts):
        same.setdefault(normalised(text), []).append(number)
    return sorted(same.values(), key=lambda group: (-len(group), group))

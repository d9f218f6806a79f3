"""Answers that say the same, put together so that one decision serves them all."""

import re
from collections.abc import Sequence
from unicodedata import normalize

_MOST_COMPARED = 2_000
_FARTHEST = 0.2
"""The cosine distance up to which all of a group may be from one another: 0 is the same words, 1 none in common."""
_WORDS = re.compile(r"\w+|[^\w\s]")
# What turns an answer into its opposite, or is the answer: texts that differ in it are never put together.
_DECISIVE = re.compile(
    r"\d+(?:[.,]\d+)?|[=<>≤≥≠+\-*/^]|\b(?:not?|never|none|without|cannot|\w+n't|un\w+|more|less|fewer|larger|smaller|higher|lower"
    r"|increas\w*|decreas\w*|faster|slower|true|false|yes|always|only|before|after|nicht|kein\w*|ne|pas)\b",
    re.IGNORECASE,
)


def normalised(text: str) -> str:
    """The text without what says nothing: letters' sizes, spaces, marks of Markdown, punctuation at ends."""
    plain = normalize("NFKC", text).casefold().replace("’", "'")
    return " ".join(_WORDS.findall(re.sub(r"[*_`#>]+", " ", plain))).strip(" .,;:!")


def groups(texts: Sequence[str]) -> list[list[int]]:
    """The numbers of the texts, those that say the same together, the largest group first.

    Together are equal texts after `normalised`, and texts that are near in words and in letters (TF-IDF, complete
    linkage, so that any two of a group are near) where neither says a number, a sign, or a word that turns its meaning
    that the other doesn't. An empty text is with empty ones alone.
    """
    same: dict[str, list[int]] = {}
    for number, text in enumerate(texts):
        same.setdefault(normalised(text), []).append(number)
    by_signs: dict[tuple[str, ...], list[str]] = {}
    for text in same:
        by_signs.setdefault(tuple(sorted(_DECISIVE.findall(text))), []).append(text)
    found = []
    for alike in by_signs.values():
        clusters = _near([text for text in alike if text])
        found += [sorted(number for text in cluster for number in same[text]) for cluster in clusters]
    if "" in same:
        found.append(same[""])
    return sorted(found, key=lambda group: (-len(group), group))


def _near(texts: list[str]) -> list[list[str]]:
    """Clusters of different texts."""
    if not 2 <= len(texts) <= _MOST_COMPARED:
        return [[text] for text in texts]
    import numpy as np
    from sklearn.cluster import AgglomerativeClustering
    from sklearn.feature_extraction.text import TfidfVectorizer

    words = TfidfVectorizer(tokenizer=_WORDS.findall, token_pattern=None, sublinear_tf=True).fit_transform(texts)
    letters = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5), sublinear_tf=True).fit_transform(texts)
    near = np.minimum((words @ words.T).toarray(), (letters @ letters.T).toarray())
    far = np.clip(1 - near, 0, None)
    clustering = AgglomerativeClustering(
        n_clusters=None, metric="precomputed", linkage="complete", distance_threshold=_FARTHEST
    )
    found: dict[int, list[str]] = {}
    for text, label in zip(texts, clustering.fit_predict(far), strict=True):
        found.setdefault(int(label), []).append(text)
    return list(found.values())

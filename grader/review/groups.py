"""Answers that say the same, put together so that one decision serves them all."""

import re
from collections.abc import Iterator, Sequence
from unicodedata import normalize

_WORDS = re.compile(r"\w+|[^\w\s]")
# Markdown's marks around words; a sign between spaces, or within a formula, is none.
_MARKED = re.compile(r"(?<![\w*`$])(\*\*|\*|`)(?=[^\W_])([^*`$\n]+?)(?<=[\w.,;:!?])\1(?![\w*`$])")
_LINE = re.compile(r"^(?:#{1,6} |> ?|[-*] )", re.MULTILINE)
_NEAR = 0.5  # distance of cosines up to which two wordings are shown side by side
_MOST_WORDINGS = 12  # that somebody sees at once
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


def near(texts: Sequence[str]) -> list[list[int]]:
    """The numbers of the texts, those that are near to each other in their words together, at most 12 of them.

    They may say opposite things, so they are for somebody who reads every one of them. Near is what has words, pairs of
    words and parts of words in common, the rarer ones more so (TF-IDF), on the average of a group.
    """
    plain = [normalised(text) for text in texts]
    worded = [number for number, text in enumerate(plain) if _WORDS.search(text)]
    found = [[number] for number in range(len(texts)) if number not in set(worded)]
    for group in _clusters([plain[number] for number in worded]):
        members = [worded[number] for number in group]
        found += [members[at : at + _MOST_WORDINGS] for at in range(0, len(members), _MOST_WORDINGS)]
    return sorted(found, key=lambda group: (-len(group), group))


def _clusters(texts: Sequence[str]) -> Iterator[list[int]]:
    """The numbers of near texts, in each cluster the nearest beside each other."""
    if len(texts) < 2:
        yield from ([number] for number in range(len(texts)))
        return
    import numpy as np
    from scipy.cluster.hierarchy import fcluster, leaves_list, linkage
    from scipy.sparse import hstack
    from scipy.spatial.distance import squareform
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.metrics.pairwise import cosine_distances

    words = TfidfVectorizer(ngram_range=(1, 2), token_pattern=r"\S+", sublinear_tf=True)  # noqa: S106  # no password
    parts = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 4), sublinear_tf=True)
    apart = cosine_distances(hstack([words.fit_transform(texts), parts.fit_transform(texts)]))
    np.fill_diagonal(apart, 0)
    tree = linkage(squareform(apart, checks=False), "average")
    named = fcluster(tree, _NEAR, "distance")
    clusters: dict[int, list[int]] = {}
    for number in leaves_list(tree):
        clusters.setdefault(int(named[number]), []).append(int(number))
    yield from clusters.values()

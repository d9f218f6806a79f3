"""Finds web addresses, and whether they lead to a notebook."""

import re
from collections.abc import Iterator, Sequence
from urllib.parse import urlsplit

from grader.core.document import Block
from grader.core.evidence import Link
from grader.core.source import Source

_URL = re.compile(r"https?://[^\s<>\"'`\])}|\\]{1,1000}", re.IGNORECASE)
_COLAB = re.compile(r"/(?:drive/[\w-]{10,}|github/[^/]+/[^/]+/|gist/[^/]+/)")
_MOST = 500


def read_links(blocks: Sequence[Block]) -> tuple[Link, ...]:
    """Every address in the blocks, in order: those that are written out, and those that words lead to."""
    found: list[Link] = []
    for address, source in _addresses(blocks):
        link = _link(address.rstrip(".,;:!?*_"), source)
        if link is not None and link.url not in {other.url for other in found[-20:]}:
            found.append(link)
        if len(found) == _MOST:
            break
    return tuple(found)


def _addresses(blocks: Sequence[Block]) -> Iterator[tuple[str, Source]]:
    for block in blocks:
        for number, line in enumerate(block.text.split("\n")):
            if "://" in line:
                yield from ((match[0], block.source.below(number)) for match in _URL.finditer(line))
        runs = [*block.runs, *(run for row in block.rows for cell in row for run in cell)]
        yield from ((run.link, block.source) for run in runs if _URL.fullmatch(run.link) and not run.hidden)


def _link(url: str, source: Source) -> Link | None:
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").lower()
    except ValueError:
        return None
    path = parts.path.rstrip("/")
    if host == "colab.research.google.com":
        return Link(kind="colab", url=url, complete=bool(_COLAB.match(parts.path)), source=source)
    if host == "nbviewer.org" or host.endswith(".nbviewer.org") or host == "nbviewer.jupyter.org":
        return Link(kind="nbviewer", url=url, complete=path.count("/") >= 2, source=source)
    if host in ("github.com", "www.github.com", "gist.github.com"):
        return Link(kind="github", url=url, complete=path.count("/") >= 2, source=source)
    return Link(kind="other", url=url, complete=bool(host), source=source)

"""Finds web addresses, and whether they lead to a notebook."""

import re
from urllib.parse import urlsplit

from grader.core.evidence import Link
from grader.core.source import Source

_URL = re.compile(r"https?://[^\s<>\"'`\])}|\\]{1,1000}", re.IGNORECASE)
_COLAB = re.compile(r"/(?:drive/[\w-]{10,}|github/[^/]+/[^/]+/|gist/[^/]+/)")
_MOST = 500


def read_links(text: str, file: str, first_line: int) -> tuple[Link, ...]:
    """Every address in the text, in order."""
    found: list[Link] = []
    for number, line in enumerate(text.split("\n")):
        if "://" not in line:
            continue
        for match in _URL.finditer(line):
            link = _link(match[0].rstrip(".,;:!?*_"), Source(file=file, line=first_line + number))
            if link is not None:
                found.append(link)
            if len(found) == _MOST:
                return tuple(found)
    return tuple(found)


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

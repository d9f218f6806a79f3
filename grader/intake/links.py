"""Addresses that were handed in where files should have been: they are said, and never opened."""

import os
import re
from html import unescape
from pathlib import Path
from typing import NamedTuple

from grader.core.handin import HandedInFile, Handin
from grader.core.text import decoded, encoding_of
from grader.intake.junk import is_junk
from grader.intake.kinds import ending_of

_TEXTS = ("", ".html", ".htm", ".txt", ".md", ".markdown", ".url", ".webloc", ".gdoc", ".desktop", ".json", ".rtf")
# Beside these an address is no more than a word of the text.
_WORK = (".ipynb", ".py", ".pdf", ".docx", ".odt", ".zip", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".rar", ".7z", ".tex")
_MOST_FILES = 5
_MOST_BYTES = 64 * 2**10
_FEW_WORDS = 8
_A_NOTE = 60  # words
_URL = re.compile(r"https?://[^\s\"'<>\\(){}\[\]|^`]{3,1000}")
_TAG = re.compile(r"<[^<>]{0,3000}>")
_WORD = re.compile(r"[^\W\d_]{2,}")
_WORKPLACES = re.compile(
    r"https?://(?:[\w-]+\.)*(?:colab\.research\.google\.com|colab\.google|drive\.google\.com|docs\.google\.com|kaggle\.com"
    r"|github\.com|gitlab\.com|bitbucket\.org|1drv\.ms|onedrive\.live\.com|sharepoint\.com|dropbox\.com|deepnote\.com"
    r"|huggingface\.co|box\.com|icloud\.com|wetransfer\.com|we\.tl|goo\.gl|overleaf\.com)(?:[/:?#]|$)",
    re.IGNORECASE,
)


_NOTEBOOKS = re.compile(r"https?://(?:colab\.research\.google\.com|colab\.google|drive\.google\.com)/", re.IGNORECASE)


class _Linked(NamedTuple):
    links: tuple[str, ...]
    alone: bool  # nothing else is said there


def with_links(handin: Handin) -> Handin:
    """The hand-in with the addresses that stand in it in the place of work; a file that is no more is none."""
    looked_at = [(file, path) for file in handin.files for path in _files_of(file)]
    if len(looked_at) > _MOST_FILES or any(path.name.lower().endswith(_WORK) for _, path in looked_at):
        return handin
    links = list(handin.links)
    files = list(handin.files)
    for file, path in looked_at:
        linked = _linked(path)
        links += linked.links
        if not linked.alone:
            continue
        if file.path == path:
            files.remove(file)
        elif path.parent == file.path:
            at = next(place for place, each in enumerate(files) if each.path == file.path)
            files[at] = files[at].model_copy(update={"without": (*files[at].without, path.name)})
    if not links:
        return handin
    return handin.model_copy(update={"files": tuple(files), "links": tuple(dict.fromkeys(links))})


def _files_of(file: HandedInFile) -> list[Path]:
    if file.path.is_file():
        return [file.path]
    found: list[Path] = []
    for folder, folders, names in os.walk(file.path):
        folders[:] = sorted(name for name in folders if not is_junk(name))
        found += [Path(folder, name) for name in sorted(names) if not is_junk(name) and name not in file.without]
        if len(found) > _MOST_FILES:
            break
    return found


def _linked(path: Path) -> _Linked:
    """The addresses in a small text that stands for work elsewhere."""
    none = _Linked((), alone=False)
    if ending_of(path.name) not in _TEXTS:
        return none
    try:
        if path.is_symlink() or not path.is_file() or not 0 < path.stat().st_size <= _MOST_BYTES:
            return none
        raw = path.read_bytes()
    except OSError:
        return none
    if encoding_of(raw) is None:
        return none
    text = unescape(decoded(raw))
    # What documents of their format name by rule.
    found = [
        url.rstrip(".,;:!?") for url in _URL.findall(text) if "www.w3.org/" not in url and "apple.com/DTDs" not in url
    ]
    links = tuple(dict.fromkeys(found))
    words = _WORD.findall(_URL.sub(" ", _TAG.sub(" ", text)))
    alone = bool(links) and len(words) <= _FEW_WORDS
    if not alone:  # what a report cites is no work of its author's
        kinds = _WORKPLACES if len(words) <= _A_NOTE else _NOTEBOOKS
        links = tuple(filter(kinds.match, links))
    return _Linked(links, alone=alone)

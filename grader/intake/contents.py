"""What each file of a submission is, with its notebooks and forms read: one that can't be costs none of the others."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from nbformat import NotebookNode

from grader.core.errors import SubmissionError
from grader.intake.kinds import NO_TEXT, SCRIPTS, Fate, may_answer, uncopied
from grader.intake.pictures import Named
from grader.intake.reader import Direct, FileReader
from grader.intake.slim import CUT
from grader.intake.submission import Submission


@dataclass(frozen=True)
class Contents:
    """What each file of a submission is: every file is among one of these.

    `documents` are to be parsed, each by the format with this ending; `notebooks` are what runs, scripts among them.
    `unreadable` says of notebooks and scripts why they can't be; `forms` are the texts of forms of answers. `helpers`
    answer nothing. `unread` says why a person must look at a file; what is unreadable stands there as well.
    """

    documents: dict[str, str]
    notebooks: dict[str, NotebookNode]
    unreadable: dict[str, str]
    forms: dict[str, str]
    helpers: tuple[str, ...]
    unread: dict[str, str]


def read_contents(submission: Submission, reader: FileReader = Direct()) -> Contents:
    """What each file is, by what the reader says of it."""
    found = Contents({}, {}, {}, {}, (), dict(submission.unread))
    helpers = [file for file in submission.files if file in submission.unpacked]
    helpers += _copies(submission)
    left = {*helpers, *found.unread}
    files = [file for file in submission.files if file not in left]
    fates = {file: _fate(file, submission.root / file, reader) for file in files}
    # Beside notebooks, scripts are helpers that the notebooks import.
    running = any(fate.kind == "notebook" for fate in fates.values())
    pictures: list[str] = []
    for file, fate in fates.items():
        path = submission.root / file
        try:
            if fate.kind == "document":
                found.documents[file] = fate.ending
            elif fate.kind == "notebook" or (fate.kind == "script" and not running):
                found.notebooks[file] = reader.notebook(file, path)
                if cut := found.notebooks[file].metadata.get(CUT):
                    found.unread[file] = str(cut)
            elif fate.kind == "form":
                found.forms[file] = reader.text(file, path)
            elif fate.kind == "picture":
                pictures.append(file)
            elif fate.kind == "unread":
                found.unread[file] = fate.why
            else:
                helpers.append(file)
        except (SubmissionError, OSError) as error:
            why = str(error).removeprefix(f"{file}: ")
            if fate.kind != "form":
                found.unreadable[file] = why
            if path.stat().st_size or fate.kind == "form":
                found.unread[file] = why
    drawn = [file for file in found.documents if file.lower().endswith(".pdf")]  # plots of LaTeX are among them
    shown = _pictures_named(submission, found, reader) if pictures or drawn else Named()
    found.unread.update({file: "is a picture that no document shows" for file in pictures if not shown.has(file)})
    helpers += [file for file in pictures if file not in found.unread]
    for file in filter(shown.includes, drawn):
        del found.documents[file]
        helpers.append(file)
    return replace(found, helpers=tuple(helpers))


def _copies(submission: Submission) -> list[str]:
    """Files that are another one once more, as of a report that is handed in beside the archive that holds it."""
    alike: dict[tuple[str, int], list[str]] = {}
    for file in sorted(submission.files, key=lambda name: (name.count("/"), len(name))):
        if may_answer(file) and file not in submission.unpacked and file not in submission.unread:
            key = uncopied(file).lower(), (submission.root / file).stat().st_size
            alike.setdefault(key, []).append(file)
    copies: list[str] = []
    for files in alike.values():
        seen: set[bytes] = set()
        for file in files if len(files) > 1 else ():
            try:
                with open(submission.root / file, "rb") as content:
                    digest = hashlib.file_digest(content, "sha256").digest()
            except OSError:
                continue
            if digest in seen:
                copies.append(file)
            seen.add(digest)
    return copies


def _fate(file: str, path: Path, reader: FileReader) -> Fate:
    try:
        return reader.fate(file, path)
    except SubmissionError as error:
        return Fate(kind="unread", why=error.found)
    except OSError as error:
        return Fate(kind="unread", why=f"can't be opened: {error.strerror}")


def _pictures_named(submission: Submission, found: Contents, reader: FileReader) -> Named:
    """The pictures that documents and code show, as far as their text tells without a parser."""
    files = [file for file, ending in found.documents.items() if ending not in NO_TEXT]
    files += [file for file in submission.of_kind(SCRIPTS) if file not in found.notebooks]
    names: list[Named] = []
    for file in files:
        names += _named(reader, {file: submission.root / file})
    for notebook in found.notebooks.values():
        names += _named(reader, {}, ["\n".join(cell.source for cell in notebook.cells)])
    return Named(
        names=frozenset().union(*(each.names for each in names)),
        latex=frozenset().union(*(each.latex for each in names)),
    )


def _named(reader: FileReader, files: dict[str, Path], texts: Iterable[str] = ()) -> list[Named]:
    """What one text names; nothing where that can't be told, so that a person looks at the pictures."""
    try:
        return [reader.pictures(files, texts)]
    except (SubmissionError, OSError):
        return []

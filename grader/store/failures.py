"""What databases say when something is wrong, as errors that tell a person what to do next."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from grader.core.errors import MachineError
from grader.files import locks_work

_NOTHING_LOST = "Nothing that is in it is lost."
_AGAIN = f"{_NOTHING_LOST} Run the same command again, which goes on from there."
_LOCKED = f"Close the program that has it open. {_AGAIN}"
_FULL = "no space is left on the disk", f"Make room. {_AGAIN}"
_READ_ONLY = (
    "can't be written",
    "Make its folder, and the files there, writable for you, or copy it to such a place.",
)
_DAMAGED = (
    "is damaged, or no database at all",
    "Move it out of the folder, with the files -wal and -shm beside it, or put a copy of it from before in its place.",
)

# By the beginning of SQLite's name of the error; the first that fits.
_SQLITE = {
    "SQLITE_BUSY": ("another process holds it", _LOCKED),
    "SQLITE_LOCKED": ("another process holds it", _LOCKED),
    "SQLITE_PROTOCOL": ("another process holds it", _LOCKED),
    "SQLITE_FULL": _FULL,
    "SQLITE_READONLY": _READ_ONLY,
    "SQLITE_PERM": _READ_ONLY,
    "SQLITE_CANTOPEN": ("can't be opened", _READ_ONLY[1]),
    "SQLITE_NOTADB": _DAMAGED,
    "SQLITE_CORRUPT": _DAMAGED,
    "SQLITE_TOOBIG": ("a value is larger than a database takes", ""),
}

# By the beginning of the five characters of SQLSTATE.
_POSTGRES = {
    "55P03": ("another process holds it", _LOCKED),
    "53100": _FULL,
    "42501": ("this user may not do that", "Give the user of the URL the right to create tables there, and to write."),
    "25006": ("the server takes no writing", "Name the primary server: this one is a copy, or was made read-only."),
}
_UNREACHABLE = "can't be reached", f"See that the server runs, knows this user, and has the database. {_AGAIN}"


@contextmanager
def explained(where: str) -> Iterator[None]:
    """Whatever a database raises here becomes a MachineError that says what to do; `where` names the database."""
    try:
        yield
    except (SQLAlchemyError, sqlite3.Error) as error:
        raise _error(error, where) from error


def _error(error: SQLAlchemyError | sqlite3.Error, where: str) -> MachineError:
    raw = error.orig if isinstance(error, DBAPIError) and error.orig else error
    said = next(iter(str(raw).strip().splitlines()), type(raw).__name__)
    found, hint = f"failed: {said}", _NOTHING_LOST
    if name := getattr(raw, "sqlite_errorname", ""):
        found, hint = _first(_SQLITE, name) or (found, hint)
        if found == _SQLITE["SQLITE_BUSY"][0] or name.startswith("SQLITE_IOERR_LOCK"):
            found, hint = _held_or_without_locks(Path(where).parent)
        found += f" (SQLite says: {said})"
    elif state := getattr(raw, "sqlstate", None):
        found, hint = _first(_POSTGRES, state) or (found, hint)
        found += "" if said in found else f" (Postgres says: {said})"
    elif isinstance(error, DBAPIError) and type(raw).__module__.startswith("psycopg"):
        found, hint = f"{_UNREACHABLE[0]} ({said})", _UNREACHABLE[1]
    return MachineError(found, where=where, hint=hint)


def _first(known: dict[str, tuple[str, str]], name: str) -> tuple[str, str] | None:
    return next((words for beginning, words in known.items() if name.startswith(beginning)), None)


def _held_or_without_locks(folder: Path) -> tuple[str, str]:
    """SQLite says the same of a database that is held and of a folder in which nothing can be locked."""
    if locks_work(folder):
        return _SQLITE["SQLITE_BUSY"]
    return (
        "files can't be locked in this folder, as on some network drives",
        "Write into a folder on a disk of this machine, or name a Postgres database.",
    )

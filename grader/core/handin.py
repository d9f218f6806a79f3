"""Who handed in what, when: the record that the layouts of platforms' exports give."""

from __future__ import annotations

from pathlib import Path

from pydantic import AwareDatetime, Field

from grader.core.record import Record


class Person(Record):
    """A member of the class, as far as the export or the roster tells: any of these may be empty, not all.

    `id` is the institution's (Gradescope's SID, Canvas's SIS ID, Moodle's ID number), `user` the platform's own (a
    login, Canvas's or Moodle's number), `section` the part of the class.
    """

    name: str = ""
    email: str = ""
    id: str = ""
    user: str = ""
    section: str = ""


class HandedInFile(Record):
    """A file or a folder of a hand-in: where it lies, and under which name it was handed in.

    Of a folder without a name the content was handed in; `without` are files in it that the platform wrote.
    """

    path: Path
    name: str
    without: tuple[str, ...] = ()


class Handin(Record):
    """One submission of one person or of a group, before it is opened.

    `key` names its folder of results and is no other one's. `at` is when it was handed in, and `late` what the platform
    says of it, None where it says nothing. `attempt` counts from 1. `links` stand in the place of files and are not
    fetched; `unread` says of what can't be had why a person must look. `source` is its place in the export.
    """

    key: str
    people: tuple[Person, ...] = Field(min_length=1)
    files: tuple[HandedInFile, ...] = ()
    at: AwareDatetime | None = None
    late: bool | None = None
    attempt: int | None = None
    links: tuple[str, ...] = ()
    unread: dict[str, str] = {}
    source: str = ""


class HandedIn(Record):
    """All that an export holds: every person has one hand-in, or stands among the `missing`.

    `layout` names the layout that recognised it, `said` tells in sentences what was recognised, what was chosen among
    several and what was left out.
    """

    layout: str
    handins: tuple[Handin, ...]
    missing: tuple[Person, ...] = ()
    said: tuple[str, ...] = ()

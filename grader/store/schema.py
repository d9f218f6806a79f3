"""The tables of the store. Rows are added and stay; the end of a run alone is filled in later.

A change here is a new file in `migrations/versions/` as well: a database is brought up to date when it is opened.
"""

import re
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    Column,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
)


class Words(TypeDecorator[str]):
    """Text of any characters: NUL, which Postgres refuses, is written as an escape, and so is the backslash."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, _: Dialect) -> str | None:
        """Escape."""
        return value and value.replace("\\", r"\u005c").replace("\x00", r"\u0000")

    def process_result_value(self, value: Any | None, _: Dialect) -> str | None:
        """Take the escapes back."""
        return value and re.sub(r"\\u([0-9a-f]{4})", lambda match: chr(int(match[1], 16)), value)


class Moment(TypeDecorator[datetime]):
    """A time with its zone, kept as UTC: SQLite knows no zones."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, _: Dialect) -> datetime | None:
        """Bring it to UTC."""
        return value and value.astimezone(UTC)

    def process_result_value(self, value: Any | None, _: Dialect) -> datetime | None:
        """Say its zone."""
        return value and (value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC))


metadata = MetaData()


def _words(name: str, *, key: bool = False) -> Column[str]:
    return Column(name, Words, primary_key=key, nullable=False)


def _run(*, key: bool = False) -> Column[int]:
    return Column("run", Integer, ForeignKey("runs.number"), primary_key=key, nullable=False)


runs = Table(
    "runs",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("started", Moment, nullable=False),
    Column("ended", Moment),
    Column("ending", Text),
    _words("command"),
    Column("settings", Text, nullable=False),
    *map(_words, ("grader", "torch", "rubric", "data", "salt", "source")),
    sqlite_autoincrement=True,
)

exports = Table("exports", metadata, _run(key=True), _words("layout"), Column("said", Text, nullable=False))

handins = Table(
    "handins",
    metadata,
    _run(key=True),
    Column("place", Integer, primary_key=True),
    _words("key"),
    Column("record", Text, nullable=False),
    UniqueConstraint("run", "key", name="one_handin_a_key"),
)

people = Table(
    "people",
    metadata,
    _run(key=True),
    Column("place", Integer, primary_key=True),
    Column("key", Words),  # NULL: handed in nothing
    *map(_words, ("name", "email", "id", "user", "section")),
)

results = Table(
    "results",
    metadata,
    Column("id", Integer, primary_key=True),
    _run(),
    _words("key"),
    Column("saved", Moment, nullable=False),
    *map(_words, ("submission", "rubric", "data", "grader", "settings")),
    Column("state", Text, nullable=False),
    Column("cut", Text, nullable=False),
    *(Column(name, Float, nullable=False) for name in ("score", "max_score", "manual_points", "error_points")),
    Column("record", LargeBinary, nullable=False),
    Index("results_of_a_key", "key"),
    Index("results_of_a_submission", "submission", "rubric"),
    sqlite_autoincrement=True,
)

steps = Table(
    "steps",
    metadata,
    _words("key", key=True),
    _words("kind"),
    Column("seconds", Float, nullable=False),
    Column("saved", Moment, nullable=False),
    _run(),
    Column("value", LargeBinary, nullable=False),
)

said = Table(
    "said",
    metadata,
    Column("id", Integer, primary_key=True),
    *map(_words, ("kind", "of", "name")),  # of: the key of a hand-in, or nothing
    Column("version", Integer, nullable=False),
    Column("at", Moment, nullable=False),
    _words("record"),
    UniqueConstraint("kind", "of", "name", "version", name="one_record_a_version"),
    sqlite_autoincrement=True,
)

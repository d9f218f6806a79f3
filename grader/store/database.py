"""Opens the database of a store, SQLite's or Postgres's, and brings its tables up to date."""

from __future__ import annotations

import re
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, inspect, make_url, text
from sqlalchemy.exc import ArgumentError

from grader.core.errors import MachineError
from grader.files import on_network_drive
from grader.store.failures import explained

if TYPE_CHECKING:
    from alembic.config import Config
    from alembic.script import ScriptDirectory

FILE = "grades.db"
HEAD = "0002"
_CONNECT_SECONDS = 10
_MIGRATING = 7_230_114  # names the lock under which a Postgres database is migrated; any number that nobody else takes
_PASSWORD = re.compile(r"""(://[^\s:/@]*:)[^\s"']+(?=@)|([?&]password=)[^\s"'&]+""")
_ENCODINGS = ("UTF8", "SQL_ASCII")


@contextmanager
def opened(where: Path | str, *, create: bool, wait: float) -> Iterator[tuple[Engine, str]]:
    """(the engine, how the database is called in messages), with all tables; closed at the end.

    `where` is a folder, in which the database is `grades.db`, or the URL of a database. `wait` are the seconds that
    another process may hold it. Raises MachineError.
    """
    url, name = _url(where, create=create)
    try:
        engine = _sqlite(url, wait) if url.get_backend_name() == "sqlite" else _postgres(url, wait)
    except ImportError as error:
        raise MachineError(
            f"the driver for Postgres is missing: {error}", where=name, hint="pip install 'dl-grader[postgres]'"
        ) from error
    except ArgumentError as error:
        raise MachineError(f"is no URL of a database: {error}", where=name) from error
    try:
        with explained(name):
            with engine.connect() as connection:
                revision = _revision(connection, name)  # before anything is written into what isn't ours
                if engine.dialect.name == "postgresql":
                    _see_encoding(connection, name)
            if revision is None and not create:
                raise MachineError("holds no class yet", where=name, hint="Grade one into it first.")
            if engine.dialect.name == "sqlite":
                engine.dispose()  # a journal is changed by who is alone with the file
                _choose_journal(Path(name), wait)
            if revision != HEAD:
                _bring_up_to_date(engine, name)
        yield engine, name
    finally:
        engine.dispose()


def writing(engine: Engine) -> Connection:
    """A connection whose transactions may write: of SQLite's, one at a time, in the order in which they begin."""
    return engine.connect().execution_options(writes=True)


def without_passwords(said: str) -> str:
    """The same text with stars for the passwords of URLs in it."""
    return _PASSWORD.sub(r"\1\2***", said)


def _url(where: Path | str, *, create: bool) -> tuple[URL, str]:
    if isinstance(where, str) and "://" in where:
        try:
            url = make_url(where)
        except (ArgumentError, ValueError) as error:  # a port that is no number is a ValueError
            raise MachineError(
                f"the URL of the database can't be read: {error}", hint="postgresql://USER@HOST/DATABASE"
            ) from error
        if url.get_backend_name() in ("postgresql", "postgres"):
            url = url.set(drivername="postgresql+psycopg")
            return url, without_passwords(url.set(drivername="postgresql").render_as_string(hide_password=True))
        if url.get_backend_name() != "sqlite" or not url.database or url.database == ":memory:":
            raise MachineError(
                "is no database that the grader can write",
                where=url.render_as_string(hide_password=True),
                hint=f"Name a folder, which gets a {FILE}, or a Postgres database: postgresql://USER@HOST/DATABASE",
            )
        path = Path(url.database).absolute()
    else:
        path = Path(where).absolute()
        path = path if path.name == FILE and path.is_file() else path / FILE
    try:
        if create:
            path.parent.mkdir(parents=True, exist_ok=True)
        found = path.exists()
    except OSError as error:
        raise MachineError(f"can't be made: {error}", where=str(path.parent)) from error
    if not create and not found:
        raise MachineError(
            "is not there: no class was graded into this folder", where=str(path), hint="Name the folder of results."
        )
    return URL.create("sqlite", database=str(path)), str(path)


def _sqlite(url: URL, wait: float) -> Engine:
    # Without an isolation level sqlite3 begins no transaction by itself, so that ours hold all statements, also DDL.
    engine = create_engine(url, connect_args={"timeout": wait, "isolation_level": None})

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _: Any) -> None:
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA synchronous = FULL")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # Who reads first and then writes fails at once when another one wrote between; who says so before waits.
        writes = connection.get_execution_options().get("writes")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _postgres(url: URL, wait: float) -> Engine:
    arguments = {"client_encoding": "utf8"} | (
        {} if "connect_timeout" in url.query else {"connect_timeout": str(_CONNECT_SECONDS)}
    )
    engine = create_engine(url, connect_args=arguments, pool_pre_ping=True)

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _: Any) -> None:
        connection.execute(f"SET lock_timeout = {max(1, round(1000 * wait))}")
        connection.commit()

    return engine


def _choose_journal(path: Path, wait: float) -> None:
    """A write-ahead log, in which reading never waits; where a drive can't have one, SQLite's usual journal.

    On a network drive the log's shared memory is shared by one machine only, so that two would damage the database.
    """
    wanted = "delete" if on_network_drive(path.parent) else "wal"
    until = time.monotonic() + wait
    while True:
        try:
            with closing(sqlite3.connect(path, timeout=wait)) as connection:
                if wanted == "delete":  # alone with the file, a log is given up without shared memory
                    connection.execute("PRAGMA locking_mode = EXCLUSIVE")
                if connection.execute("PRAGMA journal_mode").fetchone()[0] != wanted:
                    connection.execute(f"PRAGMA journal_mode = {wanted}")
                connection.execute("SELECT count(*) FROM sqlite_master").fetchone()  # a log is tried when it is used
            return
        except sqlite3.OperationalError as error:
            name = error.sqlite_errorname
            if name.startswith("SQLITE_BUSY") and time.monotonic() < until:
                time.sleep(0.05)  # two that make it at once: SQLite itself does not wait here
            elif wanted == "wal" and name.startswith(("SQLITE_IOERR", "SQLITE_CANTOPEN", "SQLITE_PROTOCOL")):
                wanted = "delete"
            else:
                raise


def _see_encoding(connection: Connection, name: str) -> None:
    encoding = str(connection.scalar(text("SHOW server_encoding")))
    if encoding not in _ENCODINGS:
        raise MachineError(
            f"keeps text as {encoding}, which has no letters for many names",
            where=name,
            hint="Create one in UTF-8: createdb --encoding UTF8 --template template0 NAME",
        )


def _revision(connection: Connection, name: str) -> str | None:
    """The version of the schema that the database has, None where it is empty."""
    tables = inspect(connection).get_table_names()
    if not tables:
        return None
    found = "alembic_version" in tables and "runs" in tables
    revision = connection.scalar(text("SELECT version_num FROM alembic_version")) if found else None
    if revision is None:
        raise MachineError(
            "is a database of another program",
            where=name,
            hint="Name another folder, or a database of its own: nothing was written into this one.",
        )
    if revision != HEAD and revision not in {script.revision for script in _migrations().walk_revisions()}:
        raise MachineError(
            f"was made by a newer version of the grader (its tables are {revision}, this one knows {HEAD})",
            where=name,
            hint="Update the grader, or grade into another folder; nothing was written into this one.",
        )
    return str(revision)


def _bring_up_to_date(engine: Engine, name: str) -> None:
    """Create or migrate the tables, in one transaction and one process at a time."""
    with writing(engine) as connection, connection.begin():
        if engine.dialect.name == "postgresql":
            connection.execute(text(f"SELECT pg_advisory_xact_lock({_MIGRATING})"))
        if _revision(connection, name) != HEAD:
            from alembic import command

            config = _config()
            config.attributes["connection"] = connection
            command.upgrade(config, "head")


def _config() -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")).replace("%", "%%"))
    return config


def _migrations() -> ScriptDirectory:
    from alembic.script import ScriptDirectory

    return ScriptDirectory.from_config(_config())

"""What goes wrong with a database is said with what to do, and nothing that is in it goes."""

import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import contextmanager
from datetime import UTC, datetime
from multiprocessing import get_context
from pathlib import Path

import pytest
from postgres import create_schema, execute
from sqlalchemy import text
from stored_class import KEYS, contents, grade, grade_whole_class, handed_in, provenance

from grader.core.errors import MachineError
from grader.core.stored import RunStart

from grader.store import Store, database, store as module  # isort: skip

NOBODY = 65534


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """A folder with a graded class."""
    folder = tmp_path_factory.mktemp("graded")
    grade_whole_class(folder)
    return folder


@pytest.fixture
def out(graded, tmp_path):
    """A copy of it."""
    return Path(shutil.copytree(graded, tmp_path / "out"))


def said(where, **options):
    """What opening and writing raises."""
    try:
        with Store.open(where, **options) as store:
            store.begin_run(RunStart())
            list(store.grades_of())
    except MachineError as error:
        return str(error)
    return "nothing"


def _text(path):
    path.write_text("Name;Punkte\nAda;8\n" * 1000)


def _zeros(path):
    path.write_bytes(bytes(50_000))


def _cut(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def _overwritten(path):
    content = bytearray(path.read_bytes())
    content[4096 : len(content) // 2] = os.urandom(len(content) // 2 - 4096)
    path.write_bytes(content)


def _other_program(path):
    path.unlink()
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE runs (name TEXT)")
    connection.close()


def _newer(path):
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '2099'")
    connection.close()


def _folder(path):
    path.unlink()
    path.mkdir()


BAD = {
    "text": (_text, "is damaged, or no database at all"),
    "zeros": (_zeros, "is damaged, or no database at all"),
    "cut off": (_cut, "is damaged, or no database at all"),
    "overwritten": (_overwritten, "is damaged, or no database at all"),
    "another program's": (_other_program, "is a database of another program"),
    "newer": (_newer, "was made by a newer version of the grader (its tables are 2099"),
    "a folder": (_folder, "can't be opened"),
}


@pytest.mark.parametrize(("spoil", "words"), BAD.values(), ids=BAD)
def test_a_file_that_can_not_be_used_is_left_as_it_is(out, spoil, words):
    spoil(out / "grades.db")
    before = {path.name: path.read_bytes() for path in out.iterdir() if path.is_file()}
    found = said(out)
    assert words in found and str(out / "grades.db") in found and "\n  " in found
    after = {path.name: path.read_bytes() for path in out.iterdir() if path.is_file()}
    assert after.items() >= before.items()


def test_an_empty_file_becomes_a_store(tmp_path):
    (tmp_path / "grades.db").touch()
    grade_whole_class(tmp_path)
    assert len(contents(tmp_path)[0]) == len(KEYS)


def test_where_nothing_was_graded_there_is_no_store(tmp_path):
    assert "no class was graded into this folder" in said(tmp_path / "none", create=False)
    (tmp_path / "grades.db").touch()
    assert "holds no class yet" in said(tmp_path, create=False)
    assert not (tmp_path / "none").exists() and (tmp_path / "grades.db").stat().st_size == 0


def test_a_folder_that_can_not_be_made(tmp_path):
    (tmp_path / "file").touch()
    assert "can't be made" in said(tmp_path / "file" / "out")


@contextmanager
def as_somebody_else():
    """Root may write everywhere."""
    root = os.geteuid() == 0
    if root:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)


@pytest.mark.parametrize("holds_a_store", [True, False])
def test_a_folder_that_can_only_be_read(graded, holds_a_store):
    folder = Path("/tmp") / f"read-only-{os.getpid()}"  # whose parents everybody may enter
    folder.mkdir()
    try:
        if holds_a_store:
            shutil.copy(graded / "grades.db", folder)
            (folder / "grades.db").chmod(0o444)
        folder.chmod(0o555)
        with as_somebody_else():
            found = said(folder)
        assert ("can't be written" in found or "can't be opened" in found) and "writable for you" in found
    finally:
        folder.chmod(0o755)
        shutil.rmtree(folder)


def hold(path, holding, done):
    """Another process that holds a database until it is told to let go."""
    connection = sqlite3.connect(path)
    connection.execute("BEGIN EXCLUSIVE")
    holding.set()
    done.wait(60)
    connection.close()


@pytest.mark.kernel
def test_another_process_holds_the_database(out):
    context = get_context("forkserver")
    holding, done = context.Event(), context.Event()
    other = context.Process(target=hold, args=(out / "grades.db", holding, done))
    other.start()
    assert holding.wait(60)
    found = said(out, wait=0.1)
    assert "another process holds it" in found and "Run the same command again" in found
    done.set()
    other.join()
    with Store.open(out) as store:
        store.begin_run(RunStart())
        assert len(store.current()) == len(KEYS)


@pytest.mark.kernel
def test_another_process_holds_tables_of_postgres(postgres):
    import psycopg

    where = create_schema(postgres)
    grade_whole_class(where)
    schema = where.rpartition("%3D")[2]
    with psycopg.connect(host=str(postgres), user="grader", dbname="postgres") as other:
        other.execute(f"LOCK TABLE {schema}.runs IN ACCESS EXCLUSIVE MODE")
        assert "another process holds it" in said(where, wait=0.1)
    assert len(contents(where)[0]) == len(KEYS)


# Stands in for a drive that the C library is told lies of: no locks, or no memory that processes share.
_DRIVE = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <sys/mman.h>

#ifdef NO_LOCKS
static int locks(int command) { return command == F_SETLK || command == F_SETLKW; }
#define FCNTL(name) int name(int file, int command, ...) { \
    va_list rest; va_start(rest, command); void *value = va_arg(rest, void *); va_end(rest); \
    if (locks(command)) { errno = ENOLCK; return -1; } \
    return ((int (*)(int, int, ...))dlsym(RTLD_NEXT, #name))(file, command, value); }
FCNTL(fcntl)
FCNTL(fcntl64)
#else
#define MMAP(name) void *name(void *at, size_t size, int protection, int flags, int file, off_t from) { \
    if (file >= 0 && (flags & MAP_SHARED)) { errno = ENODEV; return MAP_FAILED; } \
    void *(*real)(void *, size_t, int, int, int, off_t) = dlsym(RTLD_NEXT, #name); \
    return real(at, size, protection, flags, file, from); }
MMAP(mmap)
MMAP(mmap64)
#endif
"""


def on_a_drive(without, folder, tmp_path):
    """A class graded by a process for which the drive lacks something."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        pytest.skip("no C compiler")
    (tmp_path / "drive.c").write_text(_DRIVE)
    library = tmp_path / "drive.so"
    subprocess.run(
        [compiler, "-shared", "-fPIC", f"-D{without}", "-o", library, tmp_path / "drive.c", "-ldl"], check=True
    )
    code = (
        f"import sys; sys.path.insert(0, {str(Path(__file__).parents[1] / 'support')!r})\n"
        "from stored_class import *\nfrom grader.core.errors import MachineError\n"
        f"try:\n  with Store.open({str(folder)!r}, wait=0.1) as store: run = store.begin_run(RunStart())\n"
        f"  grade_whole_class({str(folder)!r})\n"
        "except MachineError as error: print(error)\n"
    )
    environment = {**os.environ, "LD_PRELOAD": str(library)}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.kernel
def test_a_drive_without_locks(tmp_path):
    found = on_a_drive("NO_LOCKS", tmp_path / "out", tmp_path)
    assert "files can't be locked in this folder, as on some network drives" in found
    assert "name a Postgres database" in found


@pytest.mark.kernel
def test_a_drive_without_shared_memory_gets_the_usual_journal(tmp_path):
    assert on_a_drive("NO_SHARED_MEMORY", tmp_path / "out", tmp_path) == ""
    assert len(contents(tmp_path / "out")[0]) == len(KEYS)


@pytest.mark.parametrize("network", [True, False])
def test_the_journal_follows_from_the_drive(out, monkeypatch, network):
    """Also that of a store that was moved from a disk to such a drive."""
    monkeypatch.setattr(database, "on_network_drive", lambda _: network)
    with database.opened(out, create=True, wait=5) as (engine, _), engine.connect() as connection:
        assert connection.scalar(text("PRAGMA journal_mode")) == ("delete" if network else "wal")
    grade_whole_class(out)


@pytest.fixture
def small_disk(tmp_path):
    """A disk of 1 MiB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if (
        os.geteuid() != 0
        or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "none", folder], check=False).returncode
    ):
        pytest.skip("only root can make a small disk")
    yield folder
    subprocess.run(["umount", "--lazy", folder], check=True)


@pytest.mark.kernel
def test_a_disk_that_fills(small_disk):
    """What was written before is there, and the same store goes on once there is room."""
    ballast = small_disk / "ballast"
    with Store.open(small_disk) as store:
        run = store.begin_run(RunStart())
        store.save_handed_in(run, handed_in())
        saved = []

        def save_many():
            for number in range(100):
                store.save_grade(run, f"student {number}", provenance(), grade(message=os.urandom(20_000).hex()))
                saved.append(f"student {number}")

        ballast.write_bytes(bytes(500_000))
        with pytest.raises(MachineError, match=r"(?s)no space is left on the disk.*Make room"):
            save_many()
        assert saved and list(store.current()) == saved and all(stored.grade for stored in store.grades_of())
        ballast.unlink()
        store.save_grade(run, "later", provenance(), grade())
    with Store.open(small_disk) as store:
        assert list(store.current()) == [*saved, "later"]


URLS = {
    "nobody listens": ("postgresql://localhost:1/class", "can't be reached"),
    "a password": ("postgresql://me:sesame@localhost:1/class", "me:***@localhost:1/class: can't be reached"),
    "a password behind it": ("postgresql://localhost:1/class?password=sesame", "password=***: can't be reached"),
    "no such host": ("postgresql://no-such-host.invalid/class", "can't be reached"),
    "no number": ("postgresql://localhost:port/class", "the URL of the database can't be read"),
    "another database": ("mysql://root:sesame@localhost/class", "is no database that the grader can write"),
    "in memory": ("sqlite://", "is no database that the grader can write"),
    "no URL": ("://", "the URL of the database can't be read"),
}


@pytest.mark.parametrize(("url", "words"), URLS.values(), ids=URLS)
def test_a_url_that_leads_nowhere(url, words):
    found = said(url)
    assert words in found and "\n  " in found and "sesame" not in found


def test_the_file_itself_may_be_named(out):
    for where in (out / "grades.db", str(out / "grades.db"), f"sqlite:///{out}/grades.db"):
        with Store.open(where, create=False) as store:
            assert len(store.current()) == len(KEYS)


def test_postgres_without_its_driver(monkeypatch):
    monkeypatch.setitem(sys.modules, "psycopg", None)
    assert "pip install 'dl-grader[postgres]'" in said("postgresql://localhost/class")


def _user(folder, name):
    execute(folder, f"CREATE ROLE {name} LOGIN")
    return f"postgresql://{name}@/postgres?host={folder}"


SERVERS = {
    "no such database": (lambda folder: f"postgresql://grader@/none?host={folder}", "can't be reached"),
    "no such user": (lambda folder: f"postgresql://me:sesame@/postgres?host={folder}", 'role "me" does not exist'),
    "no right to write": (lambda folder: _user(folder, "reader"), "this user may not do that"),
    "no letters": (lambda folder: _latin(folder), "keeps text as LATIN1"),
    "newer": (lambda folder: _changed(folder, "UPDATE {}.alembic_version SET version_num = '2099'"), "a newer version"),
    "another program's": (lambda folder: _changed(folder, "DROP TABLE {}.alembic_version"), "of another program"),
}


def _latin(folder):
    execute(folder, "CREATE DATABASE latin ENCODING LATIN1 TEMPLATE template0")
    return f"postgresql://grader@/latin?host={folder}"


def _changed(folder, statement):
    where = create_schema(folder)
    grade_whole_class(where)
    execute(folder, statement.format(where.rpartition("%3D")[2]))
    return where


@pytest.mark.kernel
@pytest.mark.parametrize(("make", "words"), SERVERS.values(), ids=SERVERS)
def test_a_postgres_that_can_not_be_used(postgres, make, words):
    found = said(make(postgres))
    assert words in found and "sesame" not in found and found.startswith("postgresql://")


@pytest.mark.kernel
def test_a_server_that_drops_its_connections_is_called_again(postgres):
    with Store.open(create_schema(postgres)) as store:
        run = store.begin_run(RunStart())
        execute(postgres, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()")
        store.save_grade(run, "ada", provenance(), grade())
        assert list(store.current()) == ["ada"]


def test_a_clock_that_jumps_changes_no_order(where, monkeypatch):
    with Store.open(where) as store:
        for year, points in ((2030, 1), (2020, 2)):
            monkeypatch.setattr(module, "_now", lambda year=year: datetime(year, 1, 1, tzinfo=UTC))
            store.save_grade(store.begin_run(RunStart()), "ada", provenance(), grade(points))
        assert store.current()["ada"].score == 2 and store.known(provenance()).score == 2
        assert [run.started.year for run in store.runs()] == [2030, 2020]


def test_a_value_that_is_damaged_is_said(out):
    with sqlite3.connect(out / "grades.db") as connection:
        connection.execute("UPDATE steps SET value = x'00'")
        connection.execute("UPDATE results SET record = x'00'")
    connection.close()
    with Store.open(out) as store:
        with pytest.raises(MachineError, match="is damaged: a value can't be read"):
            store.step("notebook of student 00")
        with pytest.raises(MachineError, match="is damaged: a value can't be read"):
            list(store.grades_of())
        assert len(store.current().results) == len(KEYS)

"""What is written into a store is there, whole and as it was, in SQLite and in Postgres."""

import threading
import tracemalloc
from datetime import UTC, datetime
from multiprocessing import get_context

import pytest
from stored_class import KEYS, contents, grade, grade_whole_class, handed_in, provenance, step_of

from grader.core.errors import MachineError
from grader.core.handin import HandedIn, HandedInFile, Handin, Person
from grader.core.stored import RunStart
from grader.store import Store, database
from grader.store import store as module
from grader.store.schema import metadata

NAMES = (
    "Ada Lovelace",
    "Müller, Jürgen",
    "Mu\u0308ller",
    "王小明",
    "\u202eمحمد",
    "O'Neil; DROP",
    r"back\slash \u0041",
    "nul\x00",
    "👩‍💻",
    " ",
)


def test_a_run_tells_how_it_began_and_ended(where):
    with Store.open(where) as store:
        settings = {"seeds": 5, "patience": float("inf"), "salt": "sesame", "store": "postgresql://me:secret@host/db"}
        start = RunStart(
            command="grade --store postgresql://me:se@c:ret@host/db \udcff", settings=settings, salt="digest"
        )
        first, second = store.begin_run(start), store.begin_run(RunStart())
        store.save_handed_in(first, HandedIn(layout="moodle", handins=()))
        store.end_run(first, "stopped")
        store.end_run(first, "finished")
        one, two = store.runs()
    assert (one.number, one.ending, one.layout, two.ending, two.ended) == (first, "stopped", "moodle", None, None)
    assert second > first and one.started <= one.ended <= datetime.now(UTC)
    assert one.settings == {"seeds": 5, "patience": "Infinity", "store": "postgresql://me:***@host/db"}
    assert one.command == "grade --store postgresql://me:***@host/db ?"


def test_who_handed_in_what_comes_back_as_it_was(where, tmp_path):
    handins = tuple(
        Handin(
            key=f"{number} {name}",
            people=(Person(name=name, email=f"{number}@x.org"), Person(name=name, section="B")),
            files=(HandedInFile(path=tmp_path / name.replace("\x00", ""), name=name),),
            at=datetime(2026, 11, 1, 23, 59, tzinfo=UTC),
            late=[None, True, False][number % 3],
            attempt=number or None,
            links=("https://colab.research.google.com/x",),
            unread={name: "a link, not a file"},
            source="export.zip/submission_1",
        )
        for number, name in enumerate(NAMES)
    )
    given = HandedIn(
        layout="gradescope", handins=handins, missing=(Person(name="Kim"), Person(id="7")), said=("two groups",)
    )
    with Store.open(where) as store:
        empty, run = store.begin_run(RunStart()), store.begin_run(RunStart())
        store.save_handed_in(run, given)
        assert store.handed_in(run) == given
        assert store.handed_in(empty) is None
        assert store.people() == {handin.key: handin.people for handin in handins}
        assert store.people(empty) == {}


def test_a_grade_comes_back_whole_under_any_key(where):
    given = {
        name: grade(number, manual=1, key=name, message=f"{name} {'long ' * 5000}") for number, name in enumerate(NAMES)
    }
    with Store.open(where) as store:
        run = store.begin_run(RunStart())
        for name, each in given.items():
            store.save_grade(run, name, provenance(submission=f"files of {name}"), each)
    with Store.open(where) as store:
        current = store.current()
        assert list(current) == list(given) and len(current) == len(NAMES)
        assert {key: stored.grade for key, stored in current.items()} == given
        assert [stored.key for stored in store.grades_of()] == list(given)
        stored = current["Ada Lovelace"]
        assert (stored.run, stored.state, stored.max_score, stored.manual_points) == (run, "judged", 3, 1)
        assert stored.provenance == provenance(submission="files of Ada Lovelace")


KNOWN = {
    "the same": ({}, {}, True),
    "failed on part of it": ({"error": 1}, {}, False),
    "failed on all": ({"earned": 0, "error": 10}, {}, False),
    "cut short": ({"manual": 1}, {"cut": "time"}, False),
    "by these settings": ({"manual": 1}, {"cut": "settings"}, True),
    "other files": ({}, {"submission": "other"}, False),
    "another rubric": ({}, {"rubric": "other"}, False),
    "other data": ({}, {"data": "other"}, False),
    "another grader": ({}, {"grader": "other"}, False),
    "other settings": ({}, {"settings": "other"}, False),
}


@pytest.mark.parametrize(("points", "other", "reused"), KNOWN.values(), ids=KNOWN)
def test_a_complete_grade_of_the_same_is_known(where, points, other, reused):
    given = grade(**points)
    cut = other.pop("cut", "") if (other := dict(other)) else ""
    with Store.open(where) as store:
        run = store.begin_run(RunStart())
        store.save_grade(run, "ada", provenance(**other), given, cut=cut)
        found = store.known(provenance())
        assert (found and found.grade) == (given if reused else None)


def test_a_complete_grade_is_known_behind_a_later_failure(where):
    with Store.open(where) as store:
        run = store.begin_run(RunStart())
        store.save_grade(run, "ada", provenance(), grade())
        store.save_grade(run, "ada", provenance(), grade(0, error=10))
        assert store.known(provenance()).grade == grade()


def test_a_step_is_written_once(where):
    with Store.open(where) as store:
        run = store.begin_run(RunStart())
        large = bytes(range(256)) * 40_000
        for key, value in {"empty": b"", "large": large, "empty ": b"\x00\xff"}.items():
            store.save_step(run, key, value, kind="lane", seconds=3.5)
        store.save_step(run, "large", b"another", kind="lane", seconds=3.5)
        assert [store.step(key) for key in ("empty", "large", "empty ", "none")] == [b"", large, b"\x00\xff", None]


def test_a_value_beyond_the_cap_is_refused(where, monkeypatch):
    monkeypatch.setattr(module, "MOST_BYTES", 10_000)
    with Store.open(where) as store:
        run = store.begin_run(RunStart())
        with pytest.raises(MachineError, match="what the step lane gave has 10,001 bytes; the store takes 10,000"):
            store.save_step(run, "k", bytes(10_001), kind="lane", seconds=1)
        assert store.step("k") is None


def test_nothing_is_half_written(where):
    """A hand-in that meets another's key takes the whole export with it."""
    twice = HandedIn(layout="folders", handins=(*handed_in().handins, *handed_in(KEYS[:1]).handins))
    with Store.open(where) as store:
        run = store.begin_run(RunStart())
        with pytest.raises(MachineError, match="failed: "):
            store.save_handed_in(run, twice)
        assert store.handed_in(run) is None
        store.save_handed_in(run, handed_in())
        assert store.handed_in(run) == handed_in()
        with pytest.raises(MachineError, match="failed: "):
            store.save_grade(run + 1, "ada", provenance(), grade())  # there is no such run
        assert not store.current()


def test_a_record_of_another_version_keeps_its_points(where):
    """Its details can't be read by rules that it was not written by, yet nobody's points go."""
    with Store.open(where) as store:
        run = store.begin_run(RunStart())
        for key, format_version in (("old", 3), ("new", 99)):
            changed = grade(7, manual=1, key=key).model_copy(update={"format_version": format_version})
            store.save_grade(run, key, provenance(), changed)
        for key, stored in store.current().items():
            assert (stored.grade.submission.id, stored.grade.score, stored.grade.manual_points) == (key, 7, 1)
            assert "Another version" in stored.grade.notes[0]


def test_memory_does_not_grow_with_the_class(memory):
    """Of twenty megabytes of records one is there at a time."""
    with Store.open(memory / "large") as store:
        run = store.begin_run(RunStart())
        for number in range(100):
            store.save_grade(run, str(number), provenance(), grade(message="long " * 20_000))
        tracemalloc.start()
        assert sum(stored.score for stored in store.grades_of()) == 800
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert peak < 5_000_000


def test_threads_share_a_store_and_read_while_others_write(where):
    with Store.open(where) as store:
        run = store.begin_run(RunStart())
        store.save_grade(run, "first", provenance(), grade(key="first"))

        def write(part):
            for key in KEYS[part::4]:
                store.save_grade(run, key, provenance(submission=key), grade(key=key))

        threads = [threading.Thread(target=write, args=(part,)) for part in range(4)]
        for thread in threads:
            thread.start()
        for stored in store.grades_of():
            store.save_step(run, stored.key, b"seen", kind="page", seconds=0)
        for thread in threads:
            thread.join()
        assert set(store.current()) == {"first", *KEYS}


@pytest.mark.kernel
def test_two_processes_open_and_write_at_once(where):
    """Both find no tables, make them, and write the same steps."""
    context = get_context("forkserver")
    writers = [context.Process(target=grade_whole_class, args=(where,)) for _ in range(3)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert [writer.exitcode for writer in writers] == [0, 0, 0]
    grades, steps = contents(where)
    assert grades == {key: grade(number, key=key) for number, key in enumerate(KEYS)}
    assert steps == dict(map(step_of, KEYS))
    with Store.open(where) as store:
        assert [run.ending for run in store.runs()] == ["finished"] * 3
        assert all(store.handed_in(run.number) == handed_in() for run in store.runs())


def test_migrations_make_the_tables_that_are_used(where):
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext
    from alembic.script import ScriptDirectory

    with database.opened(where, create=True, wait=5) as (engine, _), engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, metadata) == []
    migrations = module.__file__.replace("store.py", "migrations")
    assert ScriptDirectory(migrations).get_current_head() == database.HEAD

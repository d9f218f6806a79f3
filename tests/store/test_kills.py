"""A run that is killed at any moment leaves whole results, and the next one ends as if nothing had happened."""

import random
import time
from multiprocessing import get_context

import pytest
from sqlalchemy import text
from stored_class import KEYS, contents, grade, grade_whole_class, step_of

from grader.store import Store, database

pytestmark = pytest.mark.kernel

KILLS = 30
MOST_WRITES = 5  # of a run before it is killed; all of them together are fewer than the class takes


@pytest.fixture(scope="module")
def processes():
    """Forked from one that has imported all, so that they write at once."""
    context = get_context("forkserver")
    context.set_forkserver_preload(["grader.store", "grader.core.evidence", "alembic.command", "psycopg"])
    return context


def test_killed_at_random_points(where, processes, memory):
    """Runs go on from what those before left, and are killed before, in or behind a write; the last one ends."""
    undisturbed = memory / "undisturbed"
    grade_whole_class(undisturbed)
    grades, steps = {}, {}
    draw = random.Random(14)
    for _ in range(KILLS):
        kill_one(where, processes, writes=draw.randrange(MOST_WRITES), seconds=draw.uniform(0, 0.02))
        more_grades, more_steps = contents(where)  # the store opens, and all in it can be read
        assert more_grades.items() >= grades.items() and more_steps.items() >= steps.items()  # nothing goes
        assert all(given == grade(KEYS.index(key), key=key) for key, given in more_grades.items())
        assert dict(map(step_of, KEYS)).items() >= more_steps.items()
        grades, steps = more_grades, more_steps
        see_that_it_is_sound(where)
    assert len(grades) < len(KEYS)  # each of them was killed on the way
    grade_whole_class(where)
    assert contents(where) == contents(undisturbed)
    with Store.open(where) as store:
        assert [run.number for run in store.runs() if run.ending] == [store.runs()[-1].number]


def kill_one(where, processes, writes, seconds):
    """Kill a run so many seconds after so many of its writes."""
    mine, its = processes.Pipe()
    run = processes.Process(target=run_that_tells, args=(where, its))
    run.start()
    its.close()
    with mine:
        for _ in range(writes):
            mine.recv_bytes()
            mine.send_bytes(b"go on")
        time.sleep(seconds)
        run.kill()
        run.join()
    assert run.exitcode == -9


def run_that_tells(where, pipe):
    def tell():
        pipe.send_bytes(b"written")
        pipe.recv_bytes()  # at most one more write is done while nobody looks

    grade_whole_class(where, tell=tell)
    time.sleep(60)  # until it is killed


def see_that_it_is_sound(where):
    with database.opened(where, create=True, wait=5) as (engine, _), engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            assert connection.scalar(text("PRAGMA integrity_check")) == "ok"
            assert connection.execute(text("PRAGMA foreign_key_check")).all() == []
        results = "SELECT key FROM results GROUP BY key HAVING count(*) > 1"
        assert connection.execute(text(results)).all() == []  # what is known is not done again

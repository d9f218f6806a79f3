"""Steps are done once each, in their order, here or on workers, whatever becomes of a worker."""

import multiprocessing
import os
import signal
import subprocess
import threading
import time
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import pytest

from grader.core.errors import MachineError
from grader.engine import engine
from grader.machine import CORES

pytestmark = pytest.mark.kernel


class Counted:
    """A job whose context is a folder, and says in it when it is opened and closed."""

    def __init__(self, folder, in_threads=False, idle=False):
        self.folder, self.in_threads, self.idle = folder, in_threads, idle

    def told(self):
        return self

    @contextmanager
    def open(self, say, stopped):
        self.say, self.stopped = say, stopped
        (self.folder / f"opened-{os.getpid()}").touch()
        yield self
        (self.folder / f"closed-{os.getpid()}").touch()


def square(context, number):
    context.say(f"squaring {number}")
    return number * number


def fail(context, how):
    raise how


def die_once(context, name):
    """Ends its worker the first time that it is asked."""
    mark = Path(context.folder) / name
    if not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return name


def die(context):
    os.kill(os.getpid(), signal.SIGKILL)


def sleep(context, seconds):
    (context.folder / "asleep").touch()
    time.sleep(seconds)


def wait_for_a_process(context, seconds):
    process = subprocess.Popen(["sleep", str(seconds)])
    (context.folder / "asleep").touch()
    process.wait()
    (context.folder / ("stopped" if context.stopped.is_set() else "kept")).touch()


@pytest.fixture(params=[(1, False), (2, True), (2, False)], ids=["here", "in threads", "on workers"])
def place(request):
    return request.param


def done(engine, wanted):
    for name, (step, *args, priority) in wanted.items():
        engine.submit(name, step, *args, priority=priority)
    return {ended.name: ended for ended in engine.ended()}


def test_every_step_ends_once_with_its_value_or_why_there_is_none(tmp_path, place):
    said, (workers, in_threads) = [], place
    with engine(Counted(tmp_path, in_threads), workers, say=said.append) as steps:
        wanted = {f"{n}": (square, n, 0) for n in range(20)}
        wanted |= {"broken": (fail, ValueError("no"), 0), "machine": (fail, MachineError("full", hint="Tidy up."), 0)}
        ended = done(steps, wanted)
        assert steps.workers == workers
    assert {name: e.value for name, e in ended.items() if not e.error} == {f"{n}": n * n for n in range(20)}
    assert ended["broken"].error == "ValueError: no"
    assert ended["machine"].error == "full\n  Tidy up."
    assert sorted(said) == sorted(f"squaring {n}" for n in range(20))
    assert len([*tmp_path.glob("opened-*")]) == len([*tmp_path.glob("closed-*")])
    assert len([*tmp_path.glob("opened-*")]) == (1 if in_threads else workers)


@pytest.mark.parametrize(("workers", "idle", "at_once"), [(2, True, 4), (2, False, 2), (1, True, 1)])
def test_a_worker_of_idle_steps_has_two_under_way(tmp_path, workers, idle, at_once):
    with engine(Counted(tmp_path, in_threads=True, idle=idle), workers) as steps:
        for parties, errors in ((at_once, {""}), (at_once + 1, {"BrokenBarrierError: "})):
            ended = done(steps, meeting(parties))
            assert {each.error for each in ended.values()} == errors


def meeting(parties):
    barrier = threading.Barrier(parties)
    return {f"{n}": (meet, barrier, 0) for n in range(parties)}


def meet(context, barrier):
    barrier.wait(1)


def test_what_comes_to_be_needed_is_done_too_and_the_urgent_first(tmp_path):
    order = []
    with engine(Counted(tmp_path), 1) as steps:
        for number in range(3):
            steps.submit(f"{number}", square, number, priority=number)
        for ended in steps.ended():
            order.append(ended.name)
            if ended.name == "2":
                steps.submit("urgent", square, 9, priority=10)
    assert order == ["2", "urgent", "1", "0"]


def test_a_step_whose_worker_dies_is_done_by_another(tmp_path):
    with engine(Counted(tmp_path), 2) as steps:
        ended = done(steps, {name: (die_once, name, 0) for name in ("a", "b")} | {"c": (square, 3, 0)})
    assert {name: e.value for name, e in ended.items()} == {"a": "a", "b": "b", "c": 9}


def test_a_step_that_ends_every_worker_is_given_up_and_the_others_are_not(tmp_path):
    with engine(Counted(tmp_path), 2) as steps:
        ended = done(steps, {"hostile": (die, 0)} | {f"{n}": (square, n, -1) for n in range(10)})
    assert "3 workers ended while they did it" in ended["hostile"].error
    assert [ended[f"{n}"].value for n in range(10)] == [n * n for n in range(10)]


def interrupted(folder):
    with engine(Counted(folder), 2) as steps:
        steps.submit("long", sleep, 600, priority=0)
        while not (folder / "asleep").exists():
            time.sleep(0.05)
        raise KeyboardInterrupt


def test_an_interrupt_ends_the_workers_whatever_they_do(tmp_path):
    before = set(psutil.Process().children(recursive=True))
    with pytest.raises(KeyboardInterrupt):
        interrupted(tmp_path)
    _, alive = psutil.wait_procs(set(psutil.Process().children(recursive=True)) - before, timeout=5)
    assert [process for process in alive if "resource_tracker" not in " ".join(process.cmdline())] == []


def interrupted_in_threads(folder):
    with engine(Counted(folder, in_threads=True), 2) as steps:
        steps.submit("long", wait_for_a_process, 600, priority=1)
        steps.submit("short", square, 2, priority=0)
        steps.submit("never", wait_for_a_process, 600, priority=-1)
        for _ in steps.ended():
            while not (folder / "asleep").exists():
                time.sleep(0.05)
            raise KeyboardInterrupt


def test_an_interrupt_ends_what_threads_wait_for_and_none_of_it_is_kept(tmp_path):
    cores = os.environ.get(CORES)
    with pytest.raises(KeyboardInterrupt):
        interrupted_in_threads(tmp_path)
    assert (tmp_path / "stopped").exists()
    assert not (tmp_path / "kept").exists()
    assert os.environ.get(CORES) == cores


def test_a_scheduler_that_is_not_there_is_named(tmp_path):
    with (
        pytest.raises(MachineError, match="tcp://127.0.0.1:1: can't be reached"),
        engine(Counted(tmp_path), 1, "tcp://127.0.0.1:1"),
    ):
        pass


def test_another_scheduler_is_used_and_one_without_workers_named(tmp_path):
    from distributed import LocalCluster

    with LocalCluster(n_workers=0, threads_per_worker=1, dashboard_address=":0", host="127.0.0.1") as cluster:
        with (
            pytest.raises(MachineError, match="has no workers"),
            engine(Counted(tmp_path), 1, cluster.scheduler_address),
        ):
            pass
        cluster.scale(2)
        cluster.wait_for_workers(2)
        with engine(Counted(tmp_path), 1, cluster.scheduler_address) as steps:
            assert {e.value for e in done(steps, {f"{n}": (square, n, 0) for n in range(4)}).values()} == {0, 1, 4, 9}
            assert steps.workers == 2


def left_alone(folder):
    from distributed import LocalCluster

    with (
        LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=":0", host="127.0.0.1") as cluster,
        engine(Counted(folder), 1, cluster.scheduler_address) as steps,
    ):
        steps.submit("long", sleep, 600, priority=0)
        while not (folder / "asleep").exists():
            time.sleep(0.05)
        cluster.close()
        next(iter(steps.ended()))


def test_a_scheduler_that_goes_away_ends_the_run_with_what_to_do(tmp_path):
    with pytest.raises(MachineError, match="the same command goes on"):
        left_alone(tmp_path)


def where(context):
    from distributed import get_worker

    return get_worker().name


def test_what_needs_an_accelerator_is_done_by_a_worker_that_has_one(tmp_path):
    from distributed import Nanny, SpecCluster
    from distributed.scheduler import Scheduler

    told = {"nthreads": 1, "dashboard_address": ":0", "host": "127.0.0.1"}
    workers = {
        name: {"cls": Nanny, "options": {**told, "resources": resources}}
        for name, resources in (("plain", {}), ("gpu", {"GPU": 1}))
    }
    scheduler = {"cls": Scheduler, "options": {"dashboard_address": ":0", "host": "127.0.0.1"}}
    with (
        SpecCluster(scheduler=scheduler, workers=workers) as cluster,
        engine(Counted(tmp_path), 1, cluster.scheduler_address) as steps,
    ):
        for number in range(6):
            steps.submit(f"{number}", where, priority=0, resource="GPU")
        assert {ended.value for ended in steps.ended()} == {"gpu"}


def test_who_ends_a_run_leaves_no_worker_that_is_waited_for(tmp_path):
    with suppress(KeyboardInterrupt), engine(Counted(tmp_path), 2) as steps:
        for number in range(4):
            steps.submit(str(number), sleep, 60, priority=0)
        while not (tmp_path / "asleep").exists():
            time.sleep(0.05)
        raise KeyboardInterrupt
    left = [psutil.Process(one.pid) for one in multiprocessing.active_children() if psutil.pid_exists(one.pid)]
    assert psutil.wait_procs(left, timeout=10)[1] == []  # one that took an ended one's place would stay

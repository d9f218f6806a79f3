"""What a class takes on many workers: what a step costs the scheduler, measured, and a simulation from step times.

`python benchmarks/scaling.py [--submissions 10000] [--survey S --lane S --again S] [--lanes 3]`, times in seconds of
one core as `benchmarks/class.py` and the store's steps give them. The scheduler is taken as one server that hands out
one step after the other, each in the time that is measured here; files and results don't pass through it.
"""

import argparse
import heapq
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event

from _processor import processor

from grader.engine import Engine, engine

_STEPS = 2000
_SPREAD = 0.6  # sigma of the logarithm of step times: students' notebooks differ, and so do their networks
_SAMPLES = 4  # workers' speeds are tried at this many seeds


class Nothing:
    """A job without anything to open."""

    in_threads = False

    def told(self) -> "Nothing":
        """Itself."""
        return self

    @contextmanager
    def open(self, say: Callable[[str], None], stopped: Event) -> Iterator[None]:  # noqa: ARG002  # as Job has it
        """Nothing."""
        yield None


def pause(context: object, seconds: float) -> None:  # noqa: ARG001  # as every step
    """A step that takes so long."""
    time.sleep(seconds)


def measured(workers: int, steps: int, seconds: float) -> float:
    """Seconds of wall time for so many steps of so many seconds each, once the workers are there."""
    with engine(Nothing(), workers) as given:
        _all(given, workers * 2, 0.0)
        started = time.perf_counter()
        _all(given, steps, seconds)
        return time.perf_counter() - started


def _all(given: Engine, steps: int, seconds: float) -> None:
    for number in range(steps):
        given.submit(f"{number}", pause, seconds, priority=0)
    for ended in given.ended():
        assert not ended.error, ended.error


def simulated(
    submissions: int, workers: int, overhead: float, survey: float, lanes: int, lane: float, again: float, seed: int
) -> tuple[float, float]:
    """(wall seconds, the share of the workers' time that is spent on steps)."""
    dice = random.Random(seed)

    def spread(mean: float) -> float:
        return mean * dice.lognormvariate(-(_SPREAD**2) / 2, _SPREAD)

    # (priority, number, seconds, whose); the least is taken first: what can be judged, what is to be seen, dear lanes.
    ready: list[tuple[float, int, float, int, str]] = []
    number = 0

    def add(kind: str, whose: int, seconds: float, priority: float) -> None:
        nonlocal number
        number += 1
        heapq.heappush(ready, (priority, number, seconds, whose, kind))

    for whose in range(submissions):
        add("survey", whose, spread(survey), -1e9)
    waiting = [lanes] * submissions
    free = workers
    running: list[tuple[float, int, str]] = []
    now = scheduler = busy = 0.0
    while ready or running:
        while free and ready:
            _, _, seconds, whose, kind = heapq.heappop(ready)
            scheduler = max(scheduler, now) + overhead
            heapq.heappush(running, (scheduler + seconds, whose, kind))
            busy += seconds
            free -= 1
        now, whose, kind = heapq.heappop(running)
        free += 1
        if kind == "survey" and lanes:
            for _ in range(lanes):
                cost = spread(lane)
                add("lane", whose, cost, -cost)
        elif kind == "lane":
            waiting[whose] -= 1
            if not waiting[whose]:
                add("again", whose, spread(again), -2e9)
    return now, busy / (now * workers)


def main() -> None:
    """Measure, simulate, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--submissions", type=int, default=10_000)
    parser.add_argument("--survey", type=float, default=4.0)
    parser.add_argument("--lane", type=float, default=40.0)
    parser.add_argument("--again", type=float, default=0.5)
    parser.add_argument("--lanes", type=int, default=3)
    asked = parser.parse_args()
    print(processor())
    overhead = measured(2, _STEPS, 0.0) / _STEPS
    print(f"a step costs client, scheduler and worker {1000 * overhead:.2f} ms ({_STEPS} empty steps on 2 workers)")
    for workers in (1, 2):
        print(f"100 steps of 0.1 s on {workers}: {measured(workers, 100, 0.1):.1f} s")
    print(
        f"{asked.submissions:,} submissions, {asked.survey:g} s + {asked.lanes} x {asked.lane:g} s + {asked.again:g} s"
    )
    for workers in (1, 10, 100, 1000, 3000, 10_000):
        found = [
            simulated(asked.submissions, workers, overhead, asked.survey, asked.lanes, asked.lane, asked.again, seed)
            for seed in range(_SAMPLES if workers > 1 else 1)
        ]
        hours, busy = (sum(values) / len(found) for values in zip(*found, strict=True))
        print(f"  {workers:6,} workers: {hours / 3600:8.2f} h, workers busy {busy:4.0%}")


if __name__ == "__main__":
    main()

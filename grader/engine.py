"""Where the steps of a class are done: in this process, by its threads, or by the workers of a dask cluster."""

from __future__ import annotations

import heapq
import multiprocessing
import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from itertools import count
from queue import SimpleQueue
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, Protocol, TypeVar

from grader.core.errors import MachineError
from grader.machine import CORES, end_children

if TYPE_CHECKING:
    from distributed import Client, LocalCluster, Worker

_START_SECONDS, _END_SECONDS, _CLOSE_SECONDS = 300, 1.0, 10.0
_PLUGIN, _TOPIC = "grader", "grader-said"
_LOST = 2  # workers that may die under a step before it is given up

Context = TypeVar("Context", covariant=True)


class Job(Protocol[Context]):
    """What every worker is given once; `open` makes what its steps share.

    `in_threads` says that steps mostly wait for processes of their own, so that threads of one process do them faster
    than processes, which all would start what they share. `idle` says that half of their time nobody computes, so that
    each worker has two of them under way.
    """

    @property
    def in_threads(self) -> bool:
        """See the class."""

    @property
    def idle(self) -> bool:
        """See the class."""

    def open(self, say: Callable[[str], None], stopped: threading.Event) -> AbstractContextManager[Context]:
        """What steps work with, such as warm kernels and the store.

        Once it is `stopped`, the processes of steps that are still under way are ended, and what these steps find is
        nothing to keep: they raise KeyboardInterrupt.
        """

    def told(self) -> Job[Context]:
        """The same for another process, to which it goes by pickle."""


class Ended(NamedTuple):
    """A step that is over, by its name: what it gave, or why it gave nothing."""

    name: str
    value: Any = None
    error: str = ""


class Engine(Protocol):
    """Does steps in the order of their priority, as many at once as there are workers."""

    workers: int

    def submit(
        self, name: str, step: Callable[..., object], *args: object, priority: float, resource: str = ""
    ) -> None:
        """Have `step(context, *args)` done; the highest priority first, and of the same the one asked for first.

        Where workers say that they have a `resource` (`dask worker --resources GPU=1`), one that has it free does it.
        """

    def ended(self) -> Iterator[Ended]:
        """Steps as they end, until none is left; more may be submitted meanwhile."""


class Here(Generic[Context]):
    """In this process: one step after the other, or so many at once, in threads."""

    def __init__(self, context: Context, workers: int, stopped: threading.Event) -> None:
        self.context, self.workers, self.stopped = context, workers, stopped
        self.waiting: list[tuple[float, int, str, Callable[..., object], tuple[object, ...]]] = []
        self.counted = count()

    def submit(
        self,
        name: str,
        step: Callable[..., object],
        *args: object,
        priority: float,
        resource: str = "",  # noqa: ARG002  # all that this machine has is here
    ) -> None:
        """See Engine."""
        heapq.heappush(self.waiting, (-priority, next(self.counted), name, step, args))

    def ended(self) -> Iterator[Ended]:
        """See Engine."""
        if self.workers > 1:
            yield from self._side_by_side()
        while self.waiting:
            yield _done(*self._next())

    def _side_by_side(self) -> Iterator[Ended]:
        over: SimpleQueue[Future[Ended]] = SimpleQueue()
        running: set[Future[Ended]] = set()
        with ThreadPoolExecutor(self.workers) as pool, _one_core_each():
            try:
                while self.waiting or running:
                    while self.waiting and len(running) < self.workers:
                        future = pool.submit(_done, *self._next())
                        running.add(future)
                        future.add_done_callback(over.put)
                    running.remove(future := over.get())
                    yield future.result()
            except BaseException:
                self.stopped.set()
                end_children(running)
                raise

    def _next(self) -> tuple[str, Callable[..., object], Context, tuple[object, ...]]:
        *_, name, step, args = heapq.heappop(self.waiting)
        return name, step, self.context, args


@contextmanager
def _one_core_each() -> Iterator[None]:
    """What steps start side by side would else take each of the cores for its own."""
    before = os.environ.get(CORES)
    os.environ[CORES] = "1"
    try:
        yield
    finally:
        del os.environ[CORES]
        if before is not None:
            os.environ[CORES] = before


class _Asked(NamedTuple):
    """A step as it was asked for; `alone` where it is done while no other one is."""

    name: str
    step: Callable[..., object]
    args: tuple[object, ...]
    priority: float
    resource: str
    alone: bool = False


class OnDask:
    """On the workers of a cluster. A step whose worker dies is done by another one.

    Whose doing it is that workers died isn't known of steps that were with them. So one that has lost too many is done
    once more when no other one is left, and given up where that loses as many.
    """

    def __init__(self, client: Client) -> None:
        known = client.scheduler_info(n_workers=-1)["workers"].values()
        self.client, self.workers = client, len(known)
        self.resources = {resource for worker in known for resource in worker["resources"]}
        self.over: SimpleQueue[Any] = SimpleQueue()
        self.running: dict[str, _Asked] = {}  # by key of the future
        self.suspects: list[_Asked] = []
        self.run = os.urandom(4).hex()
        self.counted = count()

    def submit(
        self, name: str, step: Callable[..., object], *args: object, priority: float, resource: str = ""
    ) -> None:
        """See Engine."""
        self._start(_Asked(name, step, args, priority, resource))

    def _start(self, asked: _Asked) -> None:
        key = f"{self.run}-{next(self.counted)}"
        needed = {asked.resource: 1} if asked.resource in self.resources else None
        what = asked.name, asked.step, asked.args
        future = self.client.submit(_on_worker, *what, key=key, pure=False, priority=asked.priority, resources=needed)
        self.running[key] = asked
        future.add_done_callback(self.over.put)

    def ended(self) -> Iterator[Ended]:
        """See Engine."""
        from distributed import KilledWorker

        while self.running or self.suspects:
            if not self.running:
                self._start(self.suspects.pop(0)._replace(alone=True))
            future = self.over.get()
            asked = self.running.pop(future.key)
            if future.status == "finished":
                yield future.result()
                continue
            if future.status == "lost" or future.cancelled():
                raise MachineError(
                    "the scheduler is gone, or has forgotten what it was asked",
                    hint="What was finished is kept: the same command goes on from there.",
                )
            error = future.exception()
            if not isinstance(error, KilledWorker):
                yield Ended(asked.name, error=f"{type(error).__name__}: {error}")
            elif asked.alone:
                why = f"{_LOST + 1} workers ended while they did it: out of memory, or they were ended from outside"
                yield Ended(asked.name, error=why)
            else:
                self.suspects.append(asked)


@contextmanager
def engine(
    job: Job[Any], workers: int, scheduler: str = "", say: Callable[[str], None] = lambda _: None
) -> Iterator[Engine]:
    """Those of a scheduler elsewhere, or so many processes here, or this one: for one worker, or a job for threads.

    Raises MachineError where the scheduler can't be reached. Ctrl-C ends every worker of this machine within seconds,
    with all that it had started.
    """
    if not scheduler and (workers == 1 or job.in_threads):
        stopped = threading.Event()
        with job.open(say, stopped) as context:
            yield Here(context, 2 * workers if job.idle and workers > 1 else workers, stopped)
        return
    with _elsewhere(scheduler) if scheduler else _local(workers) as client, ExitStack() as stack:
        client.register_plugin(_plugin(job.told()), name=_PLUGIN)
        stack.callback(_ignoring_errors, client.unregister_worker_plugin, _PLUGIN)
        client.subscribe_topic(_TOPIC, lambda event: say(str(event[1])))
        steps = OnDask(client)
        if not steps.workers:
            raise MachineError("has no workers", where=scheduler, hint="Start some: dask worker ADDRESS --nthreads 1")
        yield steps


def _done(name: str, step: Callable[..., object], context: object, args: tuple[object, ...]) -> Ended:
    try:
        return Ended(name, step(context, *args))
    except Exception as error:  # whatever a step fails on, the others go on
        return Ended(name, error=str(error) if isinstance(error, MachineError) else f"{type(error).__name__}: {error}")


def _on_worker(name: str, step: Callable[..., object], args: tuple[object, ...]) -> Ended:
    from distributed import get_worker

    return _done(name, step, get_worker().plugins[_PLUGIN].context(), args)


def _plugin(job: Job[Any]) -> Any:
    from distributed import WorkerPlugin

    class Plugin(WorkerPlugin):  # type: ignore[misc]  # the library is untyped
        """Opens a worker's context when its first step asks, and closes it with the worker."""

        def setup(self, worker: Worker) -> None:
            self.worker, self.stack, self.lock = worker, ExitStack(), threading.Lock()
            os.environ[CORES] = str(worker.state.nthreads)

        def teardown(self, worker: Worker) -> None:  # noqa: ARG002  # the library's own form
            self.stack.close()

        def context(self) -> Any:
            with self.lock:
                if not hasattr(self, "opened"):
                    self.opened = self.stack.enter_context(job.open(self.say, threading.Event()))
                return self.opened

        def say(self, what: str) -> None:
            with suppress(Exception):  # progress that can't be told costs nothing
                self.worker.log_event(_TOPIC, what)

    return Plugin()


@contextmanager
def _elsewhere(scheduler: str) -> Iterator[Client]:
    """The cluster of a scheduler, such as dask-jobqueue starts on SLURM; its certificates come from dask's settings."""
    from distributed import Client

    try:
        client = Client(scheduler, timeout=10, set_as_default=False)
    except (OSError, TimeoutError, ValueError) as error:
        raise MachineError(
            f"can't be reached: {error or type(error).__name__}",
            where=scheduler,
            hint="Look whether it runs, and whether its address is as it printed it: tcp://HOST:8786",
        ) from error
    try:
        yield client
    finally:
        _ignoring_errors(client.close)


@contextmanager
def _local(workers: int) -> Iterator[Client]:
    """Processes on this machine with certificates of their own: what other users send them is refused."""
    import dask
    from distributed import Client, LocalCluster
    from distributed.security import Security

    settings = {
        "distributed.scheduler.allowed-failures": _LOST,
        "distributed.scheduler.http.routes": [],  # pages that anyone on this machine could open
        "distributed.worker.http.routes": [],
        "distributed.worker.daemon": False,  # it starts processes of its own
        "distributed.comm.timeouts.connect": 30,
    }
    before = set(multiprocessing.active_children())
    with dask.config.set(settings), TemporaryDirectory(prefix="grader-workers-") as scratch:
        security = Security.temporary()
        cluster = LocalCluster(
            n_workers=0,
            threads_per_worker=1,
            dashboard_address="127.0.0.1:0",
            security=security,
            host="127.0.0.1",
            local_directory=scratch,
            silence_logs=50,
        )
        try:
            cluster.scale(workers)  # here, so that an interrupt ends those that are being started too
            client = Client(cluster, security=security, set_as_default=False)
            try:
                client.wait_for_workers(workers, timeout=_START_SECONDS)
            except TimeoutError as error:
                raise MachineError(
                    f"{workers} workers don't start within {_START_SECONDS} s",
                    hint="Name fewer, or one, which starts none: --workers 1",
                ) from error
            yield client
            _ignoring_errors(client.close)
            _ignoring_errors(cluster.close, timeout=_CLOSE_SECONDS)
        except BaseException:
            _end_now(cluster)
            raise
        finally:
            for left in set(multiprocessing.active_children()) - before:  # this process would wait for it at its end
                left.kill()
                left.join()


def _end_now(cluster: LocalCluster) -> None:
    """End the workers and all that they have started, whatever they are doing: none is asked to finish."""
    import psutil
    from distributed import Status

    with suppress(Exception):
        for nanny in cluster.workers.values():
            nanny.close_gracefully()  # else it starts another one, for which this process would wait when it ends
        pids = [nanny.pid for nanny in cluster.workers.values() if nanny.pid]
        processes = [psutil.Process(pid) for pid in pids]
        below = [child for process in processes for child in process.children(recursive=True)]
        for process in (*processes, *below):
            with suppress(psutil.Error):
                process.terminate()
        psutil.wait_procs([*processes, *below], timeout=_END_SECONDS)
        for process in (*processes, *below):
            with suppress(psutil.Error):
                process.kill()
    _ignoring_errors(cluster.close, timeout=_END_SECONDS)
    _ignoring_errors(cluster.loop.add_callback, cluster.loop.stop)  # which would start workers anew
    cluster.status = Status.closed


def _ignoring_errors(call: Callable[..., object], *args: object, **kwargs: object) -> None:
    with suppress(Exception):
        call(*args, **kwargs)

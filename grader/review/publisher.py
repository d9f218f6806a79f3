"""Brings pages and the gradebook up to what was decided, a moment after it was."""

import threading
from collections.abc import Callable, Iterable

from grader.refresh import refresh
from grader.store import Results, Store

_PAUSE_SECONDS = 1.0


class Publisher:
    """Writes in the background what was decided; all of it before it is closed."""

    def __init__(self, store: Store, results: Results, say: Callable[[str], None]) -> None:
        self.store, self.results, self.say = store, results, say
        self.dirty: set[str] = set()
        self.lock, self.wake, self.ending = threading.Lock(), threading.Event(), threading.Event()
        self.problem = ""
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def changed(self, keys: Iterable[str]) -> None:
        """The results of these hand-ins are others now."""
        with self.lock:
            self.dirty.update(keys)
        self.wake.set()

    def close(self) -> None:
        """Write what is left, the class's page among it."""
        self.ending.set()
        self.wake.set()
        self.thread.join()

    def _run(self) -> None:
        touched = not self._try(None)  # what an application that was killed had left
        while not self.ending.is_set():
            self.wake.wait()
            self.ending.wait(_PAUSE_SECONDS)  # the next click comes soon
            self.wake.clear()
            touched |= self._write()
        if touched or self.dirty:
            self._try(None)

    def _write(self) -> bool:
        with self.lock:
            keys, self.dirty = self.dirty, set()
        if keys and not self._try(keys):
            self.changed(keys)
        return bool(keys)

    def _try(self, keys: set[str] | None) -> bool:
        try:
            refresh(self.store, self.results, keys)
            self.problem = ""
        except Exception as error:  # what was decided is in the store; it is shown later
            if self.problem != str(error):
                self.say(f"pages and gradebook can't be written: {error}")
            self.problem = str(error)
        return not self.problem

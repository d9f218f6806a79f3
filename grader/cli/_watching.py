"""What changed in a folder, seen by looking at it: that works on every system, and on network drives."""

import time
from collections.abc import Iterator
from pathlib import Path

_SECONDS = 1.0  # between two looks

Seen = dict[str, tuple[int, int]]


def changes(place: Path) -> Iterator[list[str]]:
    """Nothing at once, and then the names of the files that changed, each time that some did and all are written."""
    known = _seen(place)
    yield []
    while True:
        time.sleep(_SECONDS)
        now = _seen(place)
        if now == known:
            continue
        while (later := _seen_after(_SECONDS, place)) != now:  # still being saved
            now = later
        changed = sorted(name for name in known.keys() | now.keys() if known.get(name) != now.get(name))
        known = now
        if changed:
            yield changed


def _seen_after(seconds: float, place: Path) -> Seen:
    time.sleep(seconds)
    return _seen(place)


def _seen(place: Path) -> Seen:
    """When each file was changed, and how large it is; what is nobody's work is left out."""
    from grader.intake.junk import lies_in_junk

    seen: Seen = {}
    for path in [place] if place.is_file() else place.rglob("*"):
        name = path.relative_to(place).as_posix() if path != place else path.name
        try:
            if path.is_file() and not lies_in_junk(name):
                state = path.stat()
                seen[name] = state.st_mtime_ns, state.st_size
        except OSError:  # gone since
            continue
    return seen

"""What the container installs: the packages that the grader needs, in the versions that are installed here."""

from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, distribution
from typing import NamedTuple

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from grader.gradescope.wheel import NAME

_TORCHS_OWN = ("nvidia-", "cuda-", "triton", "pytorch-triton")  # which of them, its build for the machine says


class Packages(NamedTuple):
    """Requirements, pinned where the package is installed here; `loose` names those that aren't."""

    requirements: tuple[str, ...]
    loose: tuple[str, ...]


def packages(extras: Iterable[str]) -> Packages:
    """Everything that the grader with these extras rests on, in alphabetical order."""
    pinned: dict[str, str] = {}
    loose: dict[str, str] = {}
    asked: set[tuple[str, str]] = set()
    left = [(NAME, extra) for extra in ("", *extras)]
    while left:
        name, extra = left.pop()
        if (name, extra) in asked:
            continue
        asked.add((name, extra))
        for line in distribution(name).requires or []:
            needed = Requirement(line)
            own = canonicalize_name(needed.name)
            if own.startswith(_TORCHS_OWN) or (needed.marker and not needed.marker.evaluate({"extra": extra})):
                continue
            try:
                # A build for one kind of machine (2.14.0+cpu) has the version that all have.
                pinned[own] = f"{own}=={distribution(own).version.partition('+')[0]}"
                left += [(own, more) for more in ("", *needed.extras)]
            except PackageNotFoundError:
                loose[own] = f"{own}{needed.specifier}"
    return Packages(tuple(sorted((pinned | loose).values())), tuple(sorted(loose)))

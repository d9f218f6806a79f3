"""What a submission, and a class, may still take of this machine: one clock for all that is run."""

import threading
import time

from grader.core.limits import Limits

_NIGHT, _MEAN = 12 * 3600.0, 144.0  # a class of 300 ends overnight
_LOST = 2  # times what one notebook may take: what all may lose in cells that don't end


class Budget:
    """The clock of one submission, which everything that is run of it asks; `cut` names what it left no time for.

    A clock depends on how busy the machine is. So nothing fails by it: what it cuts off goes to a person, or is graded
    by another run.
    """

    def __init__(
        self, limits: Limits, share: float | None = None, spent: float = 0.0, *, by_machine: bool = False
    ) -> None:
        """`share` are the seconds that are left for it, where that is less than its own; `spent` are over.

        Where it is the machine that has no more (`by_machine`), what a lesser share cuts off is the machine's failure.
        """
        self.limits = limits
        self.seconds = limits.submission_seconds if share is None else min(share, limits.submission_seconds)
        self.by_machine = by_machine and self.seconds < limits.submission_seconds
        self.ends = time.monotonic() + self.seconds - spent
        self.cut: list[str] = []
        self.lost = 0.0
        self.notebooks = 0
        self.lock = threading.Lock()

    @property
    def left(self) -> float:
        """Seconds; 0 when none is left."""
        return max(self.ends - time.monotonic(), 0.0)

    @property
    def why(self) -> str:
        """Why there is no more, in words."""
        return f"the {self.seconds:,.0f} s that this run may spend on one submission are over"

    def short_of(self, what: str) -> None:
        """Note what there was no time for."""
        with self.lock:
            self.cut.append(what)

    def refuses_notebook(self) -> str:
        """Why another notebook isn't run; empty where it is, which is counted."""
        with self.lock:
            self.notebooks += 1
            if self.notebooks > self.limits.notebooks:
                return f"at most {self.limits.notebooks} notebooks of a submission are run"
            if self.lost >= _LOST * self.limits.notebook_seconds:
                return f"cells that did not come to an end have cost the notebooks before it {self.lost:,.0f} s"
        return "" if self.left > 0 else self.why

    def lose(self, seconds: float) -> None:
        """Count time that cells took which did not come to an end."""
        with self.lock:
            self.lost += seconds


class ClassBudget:
    """The clock of a class: a submission's share is what is left, divided by those that are still to come."""

    def __init__(self, submissions: int, seconds: float | None = None) -> None:
        """Without `seconds` it is a night, or longer for a class of more than 300."""
        self.ends = time.monotonic() + (seconds or max(_NIGHT, _MEAN * submissions))

    def share(self, to_come: int, side_by_side: int = 1) -> float:
        """Seconds, where so many are graded at once."""
        return max(self.ends - time.monotonic(), 1.0) * min(side_by_side, max(to_come, 1)) / max(to_come, 1)

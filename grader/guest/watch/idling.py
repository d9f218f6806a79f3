"""Ends a cell that trains nothing for long: after a shortened training it may have far more to do than the student's.

A figure for each mistake is a few figures for a trained network, and thousands for one that took nine steps.
"""

from __future__ import annotations

import signal
import time
from types import FrameType
from typing import TYPE_CHECKING

from ..protocol import BarelyTrained

if TYPE_CHECKING:
    from .session import Session

_AGAIN_SECONDS = 5.0  # what catches everything is told once more


class Idling:
    """An alarm clock for cells: it rings where networks were trained, and for long none has been."""

    def __init__(self, session: Session) -> None:
        self.session, self.seconds = session, session.config.idle_seconds

    def install(self) -> None:
        """Watch every cell from now on."""
        signal.signal(signal.SIGALRM, self.ring)
        self.session.cell_begins.append(self.begin_cell)
        self.session.cell_ends.append(self.end_cell)

    def begin_cell(self) -> None:
        """Wind it up."""
        signal.setitimer(signal.ITIMER_REAL, self.seconds, _AGAIN_SECONDS)

    def end_cell(self) -> None:
        """Turn it off."""
        signal.setitimer(signal.ITIMER_REAL, 0)

    def ring(self, _: int, frame: FrameType | None) -> None:
        """Raises BarelyTrained in the notebook's own code."""
        idle = time.monotonic() - self.session.stepped_at
        if idle < self.seconds or not any(training.steps for training in self.session.trainings.values()):
            return
        while frame is not None and frame.f_globals is not self.session.namespace:
            frame = frame.f_back
        if frame is not None:
            raise BarelyTrained(f"it trained nothing for {idle:.0f} s, after networks were trained for a few steps")

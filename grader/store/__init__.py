"""Results that outlive a crash: each is on disk, whole, before the next submission begins."""

from grader.store.decisions import Decisions
from grader.store.results import Results
from grader.store.store import Current, Store

__all__ = ["Current", "Decisions", "Results", "Store"]

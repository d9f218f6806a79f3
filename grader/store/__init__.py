"""Results that outlive a crash: each is on disk, whole, before the next submission begins."""

from grader.store.results import Results

__all__ = ["Results"]

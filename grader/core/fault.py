"""Whose doing it is that something failed: the one vocabulary of all stages."""

from enum import StrEnum


class Fault(StrEnum):
    """Whose doing a failure is, and so what it may cost: only the student's own costs points."""

    student = "student"
    """The student's: what was handed in doesn't do what it should."""
    rubric = "rubric"
    """The rubric's: what it gives as right can't be had or doesn't work."""
    machine = "machine"
    """This machine's, or a fault of the grader's own: the grade is incomplete until it is mended."""
    package = "package"
    """What it was run with lacks a package, or has another version of it."""
    grader = "grader"
    """It may be right, and can't be had while it is graded: the internet, a GPU, a loss that isn't known here."""
    unread = "unread"
    """Nobody's yet: it stands where the machine can't read it, and a person must look."""

"""The page of a class: how far it is, how it went, and who needs a look; a single file for those who grade."""

from grader.report.class_page.facts import (
    AlikeFacts,
    ClassFacts,
    HandinFacts,
    ProblemHead,
    add,
    facts_of,
    gathered,
    heads_of,
)
from grader.report.class_page.page import render_class_page

__all__ = [
    "AlikeFacts",
    "ClassFacts",
    "HandinFacts",
    "ProblemHead",
    "add",
    "facts_of",
    "gathered",
    "heads_of",
    "render_class_page",
]

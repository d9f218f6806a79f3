"""Which hand-ins of a class are nearly alike, and what they share: a list for a person to look at, never a verdict."""

from grader.alike.extract import code_of, files_of, logs_of, networks_of, texts_of, wrong_answers_of
from grader.alike.find import alike
from grader.alike.record import Alike, Fact, Group, Network, Pair, Passage, Piece, Share, Work

__all__ = [
    "Alike",
    "Fact",
    "Group",
    "Network",
    "Pair",
    "Passage",
    "Piece",
    "Share",
    "Work",
    "alike",
    "code_of",
    "files_of",
    "logs_of",
    "networks_of",
    "texts_of",
    "wrong_answers_of",
]

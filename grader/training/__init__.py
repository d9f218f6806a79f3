"""Trains a model spec again by its recipe under several seeds, and decides when enough is known."""

from grader.training.decision import Rule
from grader.training.retrain import retrain

__all__ = ["Rule", "retrain"]

"""Trains a model spec again by its recipe under several seeds, and decides when enough is known."""

from grader.training.retrain import retrain

__all__ = ["retrain"]

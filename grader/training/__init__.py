"""Trains a model spec again by its recipe under several seeds, and decides when enough is known."""

from grader.training.again import train_again
from grader.training.decision import Rule
from grader.training.device import CPU, Device
from grader.training.plan import TrainingPlan
from grader.training.replays import Replays
from grader.training.retrain import retrain

__all__ = ["CPU", "Device", "Replays", "Rule", "TrainingPlan", "retrain", "train_again"]

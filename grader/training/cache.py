"""Finished trainings on disk: a lane depends on its inputs alone, so it need never be trained twice."""

import io
import os
import pickle
from pathlib import Path
from typing import Any

import torch
from pydantic import ValidationError

from grader.core.evidence import Lane
from grader.datasets import Dataset
from grader.files import cache_folder, digest_of_parts, write_whole
from grader.training.device import machine
from grader.training.plan import TrainingPlan
from grader.training.trainers import TRAINERS


def lane_key(plan: TrainingPlan, trainer: str, dataset: Dataset, seed: int) -> str:
    """A digest of everything that a lane's result depends on, the trainer by name and version included."""
    by = TRAINERS[trainer]
    return digest_of(plan, dataset, seed, by.name, str(by.version), by.depends_on(plan))


def digest_of(plan: TrainingPlan, dataset: Dataset, seed: int, *more: str) -> str:
    """A digest of network, recipe, kind of device, data, seed, torch, platform, and whatever else is named."""
    named = plan.spec.model_dump_json(include={"layers"}), plan.recipe.model_dump_json(exclude={"gaps"})
    return digest_of_parts(*named, plan.device.kind, dataset.digest, str(seed), machine(), *more)


def lanes_folder() -> Path | None:
    """The folder of finished and unfinished lanes; None when nothing can be written there."""
    folder = cache_folder() / "lanes"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return None
    return folder if os.access(folder, os.W_OK) else None


def save_state(path: Path, state: dict[str, Any]) -> None:
    """Keep tensors and plain values. Raises OSError when the file can't be written."""
    buffer = io.BytesIO()
    torch.save(state, buffer)
    write_whole(path, buffer.getvalue())


def load_state(path: Path) -> dict[str, Any] | None:
    """What was kept, or None when there is nothing, or nothing that can be read."""
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except (OSError, EOFError, RuntimeError, ValueError, KeyError, pickle.UnpicklingError):
        return None
    return state if isinstance(state, dict) else None


def recall(key: str) -> Lane | None:
    """The lane of an earlier run, or None."""
    path = cache_folder() / "lanes" / f"{key}.json"
    try:
        return Lane.model_validate_json(path.read_bytes()).model_copy(update={"cached": True})
    except (OSError, ValidationError):
        return None


def remember(key: str, lane: Lane) -> None:
    """Keep a finished lane. A cache that can't be written costs time, not grades."""
    try:
        write_whole(cache_folder() / "lanes" / f"{key}.json", lane.model_dump_json())
    except OSError:
        return

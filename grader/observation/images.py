"""The transforms that a notebook's images go through, as a recipe's: in training, and where the network is tested."""

import math
from collections.abc import Callable, Sequence

from grader.core.network import ImageSpec, InputSpec, TransformSpec
from grader.datasets import Dataset
from grader.guest.protocol import GapKind
from grader.observation.findings import Loader, Training, Transform
from grader.observation.recognition import recognise

_DRAWING = (
    *("Random", "RandAugment", "AutoAugment", "AugMix", "TrivialAugment", "ColorJitter", "ElasticTransform"),
    *("GaussianBlur", "GaussianNoise", "JPEG", "ScaleJitter", "CutMix", "MixUp"),
)
_STEADY = ("ToTensor", "Normalize", "ToImage", "ToDtype", "PILToTensor", "ConvertImageDtype", "Lambda", "function")
_CUTTING = ("RandomCrop", "RandomResizedCrop")
_Note = Callable[[GapKind, str], None]


def is_random(transform: Transform) -> bool:
    """Whether it changes the same image differently each time."""
    return transform.type.startswith(_DRAWING) or any(map(is_random, transform.parts))


def only_rescale(transforms: Sequence[Transform]) -> bool:
    """Whether all they do can be an `InputSpec`, which samples show."""
    return all(transform.type in _STEADY for transform in transforms)


def read_images(training: Training, dataset: Dataset | None, note: _Note) -> ImageSpec | None:
    """What the host can apply itself, to images that it has as well; else None, and a gap that says why."""
    transforms = training.loaders[-1].dataset.transforms or ()
    drawn = [transform.type for transform in transforms if is_random(transform)]
    others = [t.type for t in transforms if t.type not in (*_STEADY, *drawn)]
    why = _why_not(training, transforms, dataset)
    if why:
        if drawn:
            note(GapKind.AUGMENTATION, f"its training images are changed at random by {', '.join(drawn)}; {why}")
        if others or not drawn:
            note(GapKind.INPUT, f"its images go through {', '.join(others) or 'transforms'}; {why}")
        return None
    made = ImageSpec(training=_specs(transforms), testing=_specs(_testing(training, transforms, note)))
    if training.held_out is None:
        return made
    watched = training.held_out.loader.dataset.transforms or ()
    if all(transform.written for transform in watched) and _specs(watched) in (made.training, made.testing):
        return made.model_copy(update={"validation": "training" if _specs(watched) == made.training else "testing"})
    note(GapKind.CHOICE, "what it watches goes through transforms of its own")
    return made


def _why_not(training: Training, transforms: Sequence[Transform], dataset: Dataset | None) -> str:
    """Why the host can't apply these, in words; empty where it can."""
    unwritten = [transform.type for transform in transforms if not transform.written]
    if unwritten:
        return f"the transform {', '.join(unwritten)} is not known, or can't be written as data"
    if not training.loaders[-1].dataset.plain:
        return f"they are images of the notebook's own {training.loaders[-1].dataset.type}"
    if not training.as_loaded:
        return "what its loader gave is changed before the network gets it"
    if dataset is None:
        return "their data set is not here"
    found = recognise(training.raw, dataset)
    if found is None or not found.fits(InputSpec(shape=(1,), channels_last=found.channels_last)):
        return "they are no images of the data set"
    tests = _tests(training)
    if tests is not None and not any(map(is_random, tests)):
        return ""
    cut = [transform.type for transform in transforms if transform.type in _CUTTING]
    if cut and math.prod(training.input_shape or ()) != dataset.train.images[0].size:
        return f"how large they are in tests was not seen, where {cut[0]} doesn't cut them"
    return ""


def _tests(training: Training) -> tuple[Transform, ...] | None:
    """What the images go through on which it was last evaluated; None where that isn't known."""
    loader: Loader | None = training.tested
    if loader is None or not loader.dataset.plain or not loader.dataset.transforms:
        return None
    return loader.dataset.transforms if all(t.written for t in loader.dataset.transforms) else None


def _testing(training: Training, transforms: Sequence[Transform], note: _Note) -> Sequence[Transform]:
    seen = _tests(training)
    if seen is not None and not any(map(is_random, seen)):
        return seen
    steady = [transform for transform in transforms if not is_random(transform)]
    if len(steady) < len(transforms):
        why = "was not seen" if seen is None else "has images changed at random too"
        note(GapKind.DATA, f"its evaluation {why}; the grader tests it on images that are not changed at random")
    return steady


def _specs(transforms: Sequence[Transform]) -> tuple[TransformSpec, ...]:
    return tuple(TransformSpec(type=t.type, settings=t.settings, v2=t.v2, parts=_specs(t.parts)) for t in transforms)

"""What a network is given: raw images rescaled and shaped, or as torchvision's own transforms make them."""

import math
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final, Literal

import torch
from torch import Tensor

from grader.core.errors import UnsupportedError
from grader.core.network import ImageSpec, InputSpec, Recipe, TransformSpec
from grader.training.samples import inputs

MOST_SIDE = 1024  # of an image between two transforms
_MOST_NUMBER = 1000
_GEOMETRY = ("interpolation", "fill")

# The settings of each that a recipe may give. All of them draw from torch's random numbers, or Python's.
TRANSFORMS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "ToTensor": (),
        "PILToTensor": (),
        "ToImage": (),
        "ToDtype": ("dtype", "scale"),
        "ConvertImageDtype": ("dtype",),
        "Normalize": ("mean", "std"),
        "Resize": ("size", "interpolation", "max_size", "antialias"),
        "CenterCrop": ("size",),
        "Pad": ("padding", "fill", "padding_mode"),
        "Grayscale": ("num_output_channels",),
        "RandomAffine": ("degrees", "translate", "scale", "shear", "center", *_GEOMETRY),
        "RandomRotation": ("degrees", "expand", "center", *_GEOMETRY),
        "RandomCrop": ("size", "padding", "pad_if_needed", "fill", "padding_mode"),
        "RandomHorizontalFlip": ("p",),
        "RandomVerticalFlip": ("p",),
        "RandomResizedCrop": ("size", "scale", "ratio", "interpolation", "antialias"),
        "RandomPerspective": ("distortion_scale", "p", *_GEOMETRY),
        "RandomErasing": ("p", "scale", "ratio", "value"),
        "ElasticTransform": ("alpha", "sigma", *_GEOMETRY),
        "ColorJitter": ("brightness", "contrast", "saturation", "hue"),
        "GaussianBlur": ("kernel_size", "sigma"),
        "GaussianNoise": ("mean", "sigma", "clip"),
        "RandomGrayscale": ("p",),
        "RandomInvert": ("p",),
        "RandomPosterize": ("bits", "p"),
        "RandomSolarize": ("threshold", "p"),
        "RandomAdjustSharpness": ("sharpness_factor", "p"),
        "RandomAutocontrast": ("p",),
        "RandomEqualize": ("p",),
        "AutoAugment": ("policy", *_GEOMETRY),
        "AugMix": ("severity", "mixture_width", "chain_depth", "alpha", "all_ops", *_GEOMETRY),
        "RandAugment": ("num_ops", "magnitude", "num_magnitude_bins", *_GEOMETRY),
        "TrivialAugmentWide": ("num_magnitude_bins", *_GEOMETRY),
        "RandomApply": ("p",),
        "RandomChoice": ("p",),
        "RandomOrder": (),
        "Compose": (),
    }
)
_HOLD_OTHERS = ("RandomApply", "RandomChoice", "RandomOrder", "Compose")
_Step = Callable[[Any], Any]


class Given:
    """Raw uint8 images (N, height, width) or (N, 3, height, width) as the network gets them: float32 (N, *shape)."""

    def __init__(self, spec: InputSpec, transforms: Sequence[TransformSpec] = ()) -> None:
        self.spec = spec
        self.steps = [(transform.type, _make(transform)) for transform in transforms]

    @classmethod
    def of(cls, recipe: Recipe, when: Literal["training", "validation", "testing"]) -> "Given":
        """What a recipe gives in training, to samples that are held out, or in tests."""
        return cls(recipe.inputs, _transforms(recipe.images, when) if recipe.images else ())

    def __call__(self, images: Tensor) -> Tensor:
        """Raises UnsupportedError where a transform can't be applied to these images."""
        if not self.steps:
            return inputs(images, self.spec)
        made = torch.stack([self._transformed(image) for image in images.cpu()])
        return made.reshape(len(images), *self.spec.shape).to(images.device)

    def _transformed(self, raw: Tensor) -> Tensor:
        from torchvision.transforms.functional import to_pil_image  # a second of imports that few recipes need

        image: Any = to_pil_image(raw)
        for name, step in self.steps:
            try:
                image = step(image)
            except Exception as error:  # whatever Pillow and torchvision raise for settings that don't fit
                raise UnsupportedError(f"{name} can't be applied to the images: {error}") from error
            if max(image.shape if isinstance(image, Tensor) else image.size) > MOST_SIDE:
                raise UnsupportedError(f"{name} makes images larger than {MOST_SIDE} pixels")
        if not isinstance(image, Tensor) or not image.is_floating_point():
            raise UnsupportedError("the transforms of its images don't end in numbers between 0 and 1")
        if image.numel() != math.prod(self.spec.shape):
            raise UnsupportedError(
                f"the transforms make images of shape {tuple(image.shape)}, the network takes {self.spec.shape}"
            )
        return image.as_subclass(Tensor).to(torch.float32)


def check_images(recipe: Recipe, image: Tensor) -> None:
    """Raise UnsupportedError unless a raw image goes through all transforms; leaves the random numbers as they were."""
    if recipe.images is not None:
        with torch.random.fork_rng(devices=[]):
            for when in ("training", "testing"):
                Given(recipe.inputs, _transforms(recipe.images, when))(image[None])


def check_transforms(images: ImageSpec | None) -> None:
    """Raise UnsupportedError where a transform, or a setting of one, is not known."""
    for transform in (*images.training, *images.testing) if images is not None else ():
        _make(transform)


def _transforms(images: ImageSpec, when: str) -> Sequence[TransformSpec]:
    when = images.validation if when == "validation" else when
    return images.training if when == "training" else images.testing


def _make(spec: TransformSpec) -> _Step:
    if spec.type not in TRANSFORMS:
        raise UnsupportedError(f"{spec.type} is no transform that the grader applies")
    unknown = sorted(set(spec.settings) - set(TRANSFORMS[spec.type]))
    if unknown:
        raise UnsupportedError(f"{spec.type} with {', '.join(unknown)} is not applied by the grader")
    from torchvision import transforms
    from torchvision.transforms import v2

    module: Any = v2 if spec.v2 else transforms
    settings = {name: _setting(spec, name, value) for name, value in spec.settings.items()}
    if spec.type in _HOLD_OTHERS:
        settings["transforms"] = [_make(part) for part in spec.parts]
    try:
        made: _Step = getattr(module, spec.type)(**settings)
    except Exception as error:  # whatever torchvision raises for settings of the wrong kind
        raise UnsupportedError(f"{spec.type}: {error}") from error
    return made


def _setting(spec: TransformSpec, name: str, value: Any) -> Any:
    numbers = value if isinstance(value, tuple) else (value,)
    if any(isinstance(number, int | float) and not abs(number) <= _MOST_NUMBER for number in numbers):
        raise UnsupportedError(f"{spec.type} with {name}={value} is not applied by the grader")
    if name in ("interpolation", "policy"):
        from torchvision.transforms import AutoAugmentPolicy, InterpolationMode

        try:
            return InterpolationMode(value) if name == "interpolation" else AutoAugmentPolicy(value)
        except ValueError as error:
            raise UnsupportedError(f"{spec.type}: {error}") from error
    if name == "dtype":
        if value not in ("float32", "uint8"):
            raise UnsupportedError(f"{spec.type} to {value} is not applied by the grader")
        return getattr(torch, value)
    return list(value) if isinstance(value, tuple) else value

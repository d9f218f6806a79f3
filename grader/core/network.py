"""A network and its training written as data: what crosses from guest to host instead of a pickle."""

from typing import Annotated, Literal

from pydantic import Field

from grader.core.choices import EpochRule, Watched
from grader.core.record import Record
from grader.core.steps import Accumulation, Clipping
from grader.guest.protocol import Blocks, GapKind

Scalar = bool | int | float | str | None
Setting = Scalar | tuple[Scalar, ...]
Settings = Annotated[dict[str, Setting], Field(max_length=40)]
Name = Annotated[str, Field(max_length=200)]


class InitialSpec(Record):
    """How a parameter is drawn before training: a function of `torch.nn.init` by name, and its settings."""

    type: Name
    settings: Settings = {}


class LayerSpec(Record):
    """One operation: a class of `torch.nn` by name, or `Add`, `Cat` on several inputs.

    `inputs` are positions of earlier layers, -1 being the network's input; None means the layer before.
    `shares` is the position of an earlier layer whose weights this one uses again. `initial` says for parameters by
    name how they are drawn; those that it does not name are drawn as torch's own layer draws them.
    """

    type: Name
    settings: Settings = {}
    initial: Annotated[dict[Name, InitialSpec], Field(max_length=10)] = {}
    name: Name = ""
    inputs: tuple[int, ...] | None = None
    shares: int | None = None


class LooseTensor(Record):
    """A tensor that acts as a weight outside the known layers: a raw parameter or a buffer in the graph."""

    name: Name
    shape: tuple[int, ...]
    kind: Literal["parameter", "buffer"]


class Gap(Record):
    """A part of a network or of its training that its record leaves out, and why; its kind says what that rules out."""

    kind: GapKind
    why: Name

    def __str__(self) -> str:
        return f"{self.kind}: {self.why}"

    def blocks(self, what: Blocks) -> bool:
        """Whether it rules this out."""
        return what in self.kind.blocks


class ModelSpec(Record):
    """A network as a list of layers, topologically sorted.

    `unused` names layers that were constructed but take no part in the forward pass.
    """

    layers: Annotated[tuple[LayerSpec, ...], Field(max_length=2000)]
    loose: Annotated[tuple[LooseTensor, ...], Field(max_length=200)] = ()
    gaps: Annotated[tuple[Gap, ...], Field(max_length=200)] = ()
    unused: Annotated[tuple[Name, ...], Field(max_length=200)] = ()


class LossSpec(Record):
    """A loss of `torch.nn` by class name.

    One setting is Keras's: `from_logits` False, when a cross entropy is taken of probabilities.
    """

    type: Name
    settings: Settings = {}


class ParameterGroup(Record):
    """Parameters that an optimiser steps with settings of their own.

    Each is named by its layer's position and its name in that layer, as `3.weight`.
    """

    settings: Settings = {}
    parameters: Annotated[tuple[Name, ...], Field(max_length=4000)] = ()


class OptimizerSpec(Record):
    """An optimiser of `torch.optim` by class name with the settings of its first parameter group.

    `groups` are all of its groups with all of their settings, where there are several, or where weights are frozen or
    left out: what no group names is not trained. Without any it steps all weights with the one set of settings.
    """

    type: Name
    settings: Settings = {}
    groups: Annotated[tuple[ParameterGroup, ...], Field(max_length=1000)] = ()


class ScheduleSpec(Record):
    """A learning-rate schedule of `torch.optim.lr_scheduler`, and whether it steps per epoch or per batch.

    `parts` are those that it is made of, as a SequentialLR is. Where a function gives factors, as for a LambdaLR, the
    setting `factors` holds what it gave for 0, 1, 2, ... A ReduceLROnPlateau looks at what is `watched`.
    """

    type: Name
    settings: Settings = {}
    step: Literal["epoch", "batch"] = "epoch"
    parts: Annotated[tuple["ScheduleSpec", ...], Field(max_length=20)] = ()
    watched: Watched | None = None


_Finite = Annotated[float, Field(allow_inf_nan=False)]
_NotNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]
_Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class InputSpec(Record):
    """What the network gets: raw data divided by `divide`, minus `mean`, over `std`, then shaped.

    `mean` and `std` are one number, or one for each of the three channels of images in colour. `shape` is the shape of
    one sample, e.g. (1, 28, 28) or (784,), into which pixels are filled in the order channel, row, column; with
    `channels_last` in the order row, column, channel.
    """

    shape: tuple[Annotated[int, Field(ge=1, le=10**6)], ...]
    divide: _Positive = 1.0
    mean: _Finite | tuple[_Finite, _Finite, _Finite] = 0.0
    std: _Positive | tuple[_Positive, _Positive, _Positive] = 1.0
    channels_last: bool = False


class TransformSpec(Record):
    """A transform of `torchvision.transforms`, or of its `v2`, with its settings; `parts` are those that it holds."""

    type: Name
    settings: Settings = {}
    v2: bool = False
    parts: Annotated[tuple["TransformSpec", ...], Field(max_length=20)] = ()


Transforms = Annotated[tuple[TransformSpec, ...], Field(min_length=1, max_length=20)]


class ImageSpec(Record):
    """What makes a network's inputs of images where that is more than an `InputSpec` says: in training, and in tests.

    `validation`: which of both the samples go through that are held out.
    """

    training: Transforms
    testing: Transforms
    validation: Literal["training", "testing"] = "testing"


class Recipe(Record):
    """How a model was trained. `train_samples` is the size of the training set that was used.

    `rates` are the learning rates of each epoch, for each parameter group, where they follow no schedule. The loss is
    multiplied by `loss_scale` before its gradients are taken.
    `stopping` ends it before its last epoch, `keeping` says which epoch's network it leaves; without it the last one's.
    What they watch is counted on `held_out` further samples of the training split. With `images` each image goes
    through transforms before it is shaped, and nothing else of `inputs` counts. `epochs` is how many there are at most
    where the training may end earlier; `epochs_are` says whether that is known. `gaps` name whatever makes the
    student's training differ from this record.
    """

    loss: LossSpec
    loss_scale: _Positive = 1.0
    optimizer: OptimizerSpec
    schedules: tuple[ScheduleSpec, ...] = ()
    rates: Annotated[tuple[tuple[_NotNegative, ...], ...], Field(max_length=20_000)] = ()
    clipping: Annotated[tuple[Clipping, ...], Field(max_length=100)] = ()
    accumulation: Accumulation | None = None
    batch_size: int = Field(ge=1)
    epochs: int = Field(ge=1)
    shuffle: bool = True
    drop_last: bool = False
    inputs: InputSpec
    train_samples: int | None = Field(default=None, ge=1)
    held_out: int | None = Field(default=None, ge=1)
    stopping: EpochRule | None = None
    keeping: EpochRule | None = None
    images: ImageSpec | None = None
    epochs_are: Literal["counted", "at most", "unknown"] = "counted"
    gaps: Annotated[tuple[Gap, ...], Field(max_length=200)] = ()

    @property
    def epochs_known(self) -> bool:
        """Whether the number of epochs is the notebook's own, and not where a shortened run happened to end."""
        return self.epochs_are == "counted" and not any(gap.kind is GapKind.LENGTH for gap in self.gaps)

"""What a training does at its steps besides following the gradient of a batch: each part is one record."""

from typing import Annotated, Literal

from pydantic import Field

from grader.core.record import Record

_Name = Annotated[str, Field(max_length=200)]


class Clipping(Record):
    """Gradients are clipped before each step, by a function of torch or a setting of Keras's optimisers.

    `most` is what no gradient may exceed: by its value, or the norm of all together, or of each parameter
    (`clipnorm`). `norm_type` is that of `clip_grad_norm_`. `parameters` are named as in `ParameterGroup`; none means
    all that are trained.
    """

    type: Literal["clip_grad_norm_", "clip_grad_value_", "clipnorm", "global_clipnorm"]
    most: float = Field(allow_inf_nan=False)
    norm_type: float = 2.0
    parameters: Annotated[tuple[_Name, ...], Field(max_length=1000)] = ()


class Accumulation(Record):
    """Gradients of several batches are added up for one step, which is taken after every `every` batches.

    The first step is taken after `first` of them. Batches are counted anew in each `epoch`, or on through the whole
    `training`. What is left of an epoch behind its last step is `stepped` with its last batch, `kept` for the
    next epoch's first step, or `dropped`.
    """

    every: int = Field(ge=2)
    first: int = Field(ge=1)
    counts: Literal["epoch", "training"] = "epoch"
    rest: Literal["stepped", "kept", "dropped"] = "kept"

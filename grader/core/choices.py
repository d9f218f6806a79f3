"""When a training ends before its last epoch, and which epoch's network is kept: rules on a number of each epoch."""

from typing import Annotated, Literal

from pydantic import Field

from grader.core.record import Record

_Finite = Annotated[float, Field(allow_inf_nan=False)]


class Watched(Record):
    """A number that is looked at after each epoch: a loss or an accuracy, times `scale`.

    Of `training` it is what the epoch's own batches gave, before each of their steps; of `validation` what the samples
    that are held out give after the epoch, in evaluation mode. It is averaged over each sample, or over each batch,
    where a smaller last batch weighs as much as any other; `batch_size` is then that of validation.
    """

    what: Literal["loss", "accuracy"]
    of: Literal["training", "validation"]
    each: Literal["sample", "batch"] = "sample"
    batch_size: int | None = Field(default=None, ge=1)
    scale: float = Field(default=1.0, gt=0, allow_inf_nan=False)


class EpochRule(Record):
    """An epoch is the best when its number is better than the best so far by more than `min_delta`.

    With `ties` one that is exactly so much better counts as well. `first` is what the first epoch has to beat, None
    where it is the best in any case. The first `start` epochs aren't looked at. A training ends after `patience` epochs
    that were not the best, None where it never does; with a `baseline` they are counted anew only after a best epoch
    that is better than that.
    """

    watched: Watched
    better: Literal["lower", "higher"]
    min_delta: _Finite = 0.0
    ties: bool = False
    first: _Finite | None = None
    start: int = Field(default=0, ge=0)
    baseline: _Finite | None = None
    patience: int | None = Field(default=None, ge=0)

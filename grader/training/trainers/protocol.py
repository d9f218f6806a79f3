"""What a trainer is, and what it says of itself."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from torch import Tensor

from grader.network.build import Network
from grader.training.means import Means
from grader.training.plan import TrainingPlan
from grader.training.samples import Samples
from grader.training.schedule import StepSettings


class Trainer(Protocol):
    """Trains one network in place. Every number that a step depends on is its own or is given.

    `means` is what the batches of the last epoch gave before their steps; of a trainer that suits only plans which
    watch nothing of it, it may be empty.
    """

    @property
    def means(self) -> Means:
        """The losses and accuracies of the last epoch."""

    def epoch(self, order: Tensor, settings: Sequence[StepSettings]) -> float:
        """Train on the samples in this order, with the optimiser's settings for each step; the mean loss."""

    def stop(self) -> None:
        """Let an epoch that another thread is training end after its present step; the training is of no more use."""

    def state(self) -> dict[str, Any]:
        """What it remembers between epochs, tensors and plain values; the weights are the network's."""

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from a state; the network's weights are restored already."""


@dataclass(frozen=True)
class TrainerType:
    """One way to train.

    `version` is raised when a change to it changes its results. `suits` says whether it can train a plan and is the way
    to do it, from the plan and what is installed alone, never from a measurement. `make` takes the network, already on
    the plan's device, the plan, the samples there, and the seed; it is called while the process's random numbers stand
    where drawing the weights left them. `depends_on` names what its results depend on besides the plan, the seed,
    torch's version and the platform.

    `lanes` is where the lanes of a network run: in `threads`, one a core, where nothing is shared between them; in
    `processes`, one a core, where random numbers belong to the process; `together` in one thread of this process, turn
    by turn, where they share an accelerator.

    `faster` is by how much it undercuts a training's price, about: for what is said and for the order, not for limits.
    """

    name: str
    version: int
    lanes: Literal["threads", "processes", "together"]
    suits: Callable[[TrainingPlan], bool]
    make: Callable[[Network, TrainingPlan, Samples, int], Trainer]
    depends_on: Callable[[TrainingPlan], str]
    faster: float = 1.0

"""One optimiser of torch's at work: the network that it steps, and everything that a recipe needs."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from types import ModuleType
from typing import TYPE_CHECKING

from ..describe import modules
from ..layers import LAYERS
from ..protocol import Gap, GapKind, HeldOut, Loader, Named, ParameterGroup, Sample, Schedule, Settings, Training
from ..serve import datasets
from . import logits, source_loops
from .accumulation import Epoch, accumulation
from .choices import Choices, View
from .clipping import Clip, clippings
from .epoch_loops import UnreadableError
from .evaluations import Batch, Evaluations, Pass, counts
from .gradients import CHANGED_BY_HAND, Backward, Look, looks, norms
from .plateau import Losses
from .rates import Rates
from .schedules import PLATEAU
from .settings import described_loader, optimizer_settings, own_or_torch

if TYPE_CHECKING:
    import torch

    from .draws import Draws
    from .forward import Call
    from .loaders import Loop
    from .losses import Loss
    from .session import Session

_MOST_VALUES = 4_000_000  # of a batch whose samples are told apart
_MOSTLY = 0.98
_SHOWN_SAMPLES = 4  # inputs that the host recognises in its own copy of the data
_MOST_LOADERS = 10
_CHANGING = frozenset(name for name, entry in LAYERS.items() if entry.differs_in_evaluation)


@dataclass
class Step:
    """What led to one step: the calls of the network's first and last part, backward passes, clipping, and the loop.

    Calls and loss are None where none was seen, the loop where the step is taken in no loop over a loader.
    """

    first: Call | None
    last: Call | None
    backwards: list[Backward]
    gaps: list[Gap]
    clips: list[Clip]
    gradients: dict[int, Look]  # id of a weight -> what its gradient looked like after the last backward pass
    loop: Loop | None
    loss: Loss | None = field(init=False)

    def __post_init__(self) -> None:
        self.loss = self.backwards[-1].loss if self.backwards else None


class TorchTraining:
    """Takes in each step of one optimiser, and writes down what it saw.

    `network` is None where no module is known that holds the optimiser's weights; `settings` are those of the
    optimiser's groups before a schedule changed them, None where none did.
    """

    by_torch = True
    parameters: list[torch.Tensor]
    direction: torch.Tensor | None  # that samples are multiplied with, to tell them apart by one number

    def __init__(
        self,
        session: Session,
        torch: ModuleType,
        optimizer: torch.optim.Optimizer,
        network: torch.nn.Module | None,
        settings: list[Settings] | None,
        evaluations: Evaluations,
    ) -> None:
        self.evaluations = evaluations
        self.session, self.torch, self.optimizer, self.network = session, torch, optimizer, network
        self.parameters = [p for group in optimizer.param_groups for p in group["params"]]
        self.settings = settings or optimizer_settings(optimizer)
        self.record = Training(
            number=len(session.trainings),
            model=id(network),
            variable=session.name_of(network),
            cell=session.cell,
            optimizer=Named(own_or_torch(type(optimizer), torch.optim), self.settings[0]),
        )
        self.note = self.record.note
        self.steps = 0
        # What is written of the optimiser's schedules by now, given the number of epochs and that of batches.
        self.schedules: Callable[[int, int], list[Schedule]] = lambda epochs, batches: []
        self.losses: dict[str, Loss] = {}  # one of each kind with its settings
        # Number of a loop -> (it, its steps: after how many batches, by how many backward passes).
        self.loops: dict[int, tuple[Loop, list[tuple[int, int]]]] = {}
        self.scales: set[float] = set()  # what the loss was multiplied by
        self.first_rows: set[int] = set()  # hashes of the first sample of each batch
        self.rows: set[float] = set()  # samples, each as its product with the direction
        self.rows_seen = 0
        self.direction = None
        self.copied = False  # whether the network was copied since its training began
        self.closure = False  # whether its forward pass runs within the step, which is seen when it is over
        self.norms: list[float | None] | None = None  # of its weights after the last step
        if session.with_gpu.taken:
            why = (
                "settings of its batches, such as shuffle, that are given only where there is a GPU are taken as there"
            )
            self.note(GapKind.DATA, why)
        self.names: dict[int, str] = {}  # id of a weight -> its layer's position and its name there
        self.stepped = self.stepping()
        self.rates = Rates()
        self.epoch_losses = Losses()
        self.as_loaded = 0  # steps on samples and classes as their loader gave them
        self.tested: tuple[int, Loader] | None = None  # the last loader of another data set that it was evaluated on
        self.choices = Choices(lambda: self.evaluations.take(self.network))
        self.open_end = source_loops.open_end(self.choices.known_end)
        if self.open_end:
            self.note(GapKind.LENGTH, ": ".join(filter(None, (self.open_end, self.choices.why_not))))

    def describe(self, network: torch.nn.Module, shape: Sequence[int] | None, draws: Draws | None) -> None:
        """Write the network down. `shape` is that of one sample where it is known; `draws` knows how weights began."""
        spec, gaps, positions = modules.describe(network, self.torch, shape)
        self.record.spec = spec
        for gap in gaps:
            self.note(gap.kind, gap.why)
        self.names = {
            id(parameter): f"{positions[id(module)]}.{name}"
            for module in network.modules()
            if id(module) in positions
            for name, parameter in module.named_parameters()
        }
        self.compare_weights(network)
        if draws is None or any(training is not self for training in self.session.of_network(network)):
            return  # trained before: that is said elsewhere
        for module in network.modules():
            if id(module) in positions:
                initial, known = draws.initial(module)
                spec.layers[positions[id(module)]].initial = initial
                if not known:
                    self.note(GapKind.WEIGHTS, "its first weights are not as torch draws them: they were set or loaded")

    def compare_weights(self, network: torch.nn.Module) -> None:
        """The groups of weights that are stepped, and gaps where these are not the network's own, or not plain ones."""
        weights = list(network.parameters())
        if {id(p) for p in self.parameters} - {id(p) for p in weights}:
            self.note(GapKind.OPTIMISER, "the optimiser also steps weights outside this network")
        trained = [
            [self.names[id(p)] for p in group["params"] if p.requires_grad and id(p) in self.names]
            for group in self.optimizer.param_groups
        ]
        if len(trained) > 1 or {*trained[0]} != {*self.names.values()}:
            self.record.groups = [ParameterGroup(*each) for each in zip(self.settings, trained)]
        if any(p._backward_hooks or getattr(p, "_post_accumulate_grad_hooks", None) for p in weights):
            self.note(GapKind.GRADIENTS, "a hook changes its gradients")
        if any(p.dtype != self.torch.float32 for p in weights):
            self.note(GapKind.WEIGHTS, f"its weights are {weights[0].dtype}")

    def stepping(self) -> list[list[tuple[int, bool]]]:
        """Which weights each group of the optimiser steps."""
        return [[(id(p), p.requires_grad) for p in group["params"]] for group in self.optimizer.param_groups]

    def observe(self, step: Step) -> None:
        """Take in one step, before its weights change (or, of a closure, after)."""
        if not step.backwards and step.loop is None and self.cut_short():
            return  # for what is left of an epoch, and nothing is where it was cut
        self.steps += 1
        self.rates.look(self.optimizer, None if step.loop is None else step.loop.number)
        if self.copied:
            self.note(GapKind.EVALUATION, "a copy of the network was kept while it trained")
        if step.first is not None and self.network is not None:
            self.take_input(step.first.given, step.loss, step.loop)
            self.record.evaluation_mode |= not all(module.training for module in self.network.modules())
        if step.loop is not None:
            step.loop.steps += 1
            _, steps = self.loops.setdefault(step.loop.number, (step.loop, []))
            steps.append((step.loop.batches, len(step.backwards)))
            if step.loop.by_next:
                self.note(GapKind.BATCHES, "batches are asked for one by one with next(), not in a loop over the epoch")
        for backward in step.backwards:
            if backward.loss is not None and backward.loss.value.numel() == 1:
                value = float(backward.loss.value.detach())
                self.epoch_losses.add(backward.loop, value, len(backward.loss.given))
        if self.choices.loaded:
            self.note(GapKind.WEIGHTS, "it is trained on after the weights of another epoch were loaded")
        if step.loss is None:
            self.note(GapKind.LOSS, "no loss was seen")
        else:
            self.take_loss(step.loss, step.last)
            self.choices.trains(_batch_of(step.loss, step.last))
        if not self.closure:
            self.take_gradients(step)
            self.look_for_changes("between its steps")

    def cut_short(self) -> bool:
        """Whether the last loop was one in which gradients are added up, and was cut."""
        loop, steps = [*self.loops.values()][-1] if self.loops else (None, [])
        return loop is not None and not loop.whole and any(passes > 1 for _, passes in steps)

    def take_input(self, given: torch.Tensor, loss: Loss | None, loop: Loop | None) -> None:
        """What the network got in this step."""
        record = self.record
        record.samples += len(given)
        record.largest_batch = max(record.largest_batch, len(given))
        self.first_rows.add(hash(given[0].detach().cpu().numpy().tobytes()))
        if loop is None:
            self.count_rows(given.detach())
        else:
            self.look_at_batch(given, loss, loop)
        if record.input_shape is None:
            record.input_shape = list(given.shape[1:])
            values = given[:_SHOWN_SAMPLES].detach().reshape(min(len(given), _SHOWN_SAMPLES), -1)
            labels: Iterable[torch.Tensor] = loss.target[: len(values)].detach() if loss is not None else []
            classes = [int(label.argmax() if label.dim() else label) for label in labels]
            record.seen = [
                Sample([float(f"{v:.7g}") for v in row], label) for row, label in zip(values.tolist(), classes)
            ]

    def look_at_batch(self, given: torch.Tensor, loss: Loss | None, loop: Loop) -> None:
        """Whether samples and classes went from the loader to the network and the loss as they were."""
        loaded = loop.loaded()
        if loaded is None or loss is None:
            return
        pairs = (given, loaded[0]), (loss.target, loaded[1])
        self.as_loaded += all(
            one.numel() == other.numel() and bool((one.view(-1) == other.view(-1)).all())
            for one, other in ((a.detach().contiguous(), b.contiguous()) for a, b in pairs)
        )
        if self.steps == 1:
            self.record.raw = datasets.raw(loop.loader.dataset, self.torch, _SHOWN_SAMPLES)

    def count_rows(self, given: torch.Tensor) -> None:
        """How many different samples there were, and how many in a row came without many repetitions."""
        if given.numel() > _MOST_VALUES:
            return
        flat = given.reshape(len(given), -1).double()
        if self.direction is None:
            self.direction = self.torch.cos(self.torch.arange(flat.shape[1], dtype=flat.dtype) ** 2)
        self.rows.update(round(value, 9) for value in (flat @ self.direction).tolist())
        self.rows_seen += len(given)
        if len(self.rows) >= _MOSTLY * self.rows_seen:
            self.record.fresh_samples = self.rows_seen

    def take_loss(self, loss: Loss, call: Call | None) -> None:
        """A recipe can name only a loss of torch's that amounts to one of the network's output and of the classes."""
        of_output = logits.of_output(loss, call, self.record.spec)
        if of_output is None:
            self.note(GapKind.LOSS, "the loss is not taken of the network's output itself")
        loss = of_output or loss
        self.losses.setdefault(str((loss.kind, loss.settings)), loss)
        if getattr(self.torch.nn, loss.kind, None) is None:
            self.note(GapKind.LOSS, f"the loss is {loss.kind}")
        target = loss.target
        one_hot = target.dim() == 2 and bool(((target == 0) | (target == 1)).all() and (target.sum(1) == 1).all())
        if not one_hot and (target.dim() != 1 or target.is_floating_point()):
            self.note(GapKind.TARGET, "the loss compares with something else than the classes")

    def take_gradients(self, step: Step) -> None:
        """What happened between the loss and the step."""
        if not step.backwards or (len(step.backwards) > 1 and step.loop is None):
            self.note(GapKind.GRADIENTS, f"{len(step.backwards) or 'no'} backward passes lead to a step")
        self.scales.update(backward.scale for backward in step.backwards)
        for gap in step.gaps:
            self.note(gap.kind, gap.why)
        gradients = {id(p): p.grad for p in self.parameters if p.grad is not None}
        now = looks([*gradients.values()], self.torch)
        if now != [step.gradients.get(key) for key in gradients]:
            self.note(CHANGED_BY_HAND.kind, CHANGED_BY_HAND.why)
        if self.stepping() != self.stepped:
            self.note(GapKind.WEIGHTS, "other weights are frozen, or stepped, than when its training began")
        if step.last is None or step.last.computed:
            self.take_clips(step)

    def take_clips(self, step: Step) -> None:
        """How the gradients were clipped, which must be the same for each step."""
        found, why = clippings(step.clips, self.parameters, self.names)
        if why:
            self.note(GapKind.GRADIENTS, why)
        elif self.steps == 1:
            self.record.clipping = found
        elif found != self.record.clipping:
            self.note(GapKind.GRADIENTS, "gradients are clipped in one way for some steps, and in another for others")

    def remember(self) -> None:
        """After a step: what the weights are until the next."""
        if not self.closure:
            self.norms = norms(self.weights(), self.torch)

    def weights(self) -> list[torch.Tensor]:
        """All of the network's, and whatever else is stepped."""
        held = [] if self.network is None else self.network.parameters()
        return [*{id(p): p for p in (*held, *self.parameters)}.values()]

    def look_for_changes(self, when: str) -> None:
        """A gap where the weights are no longer those that the last step left."""
        if self.norms is not None and norms(self.weights(), self.torch) != self.norms:
            self.note(GapKind.WEIGHTS, f"its weights are changed by hand {when}")

    def evaluated(self, loop: Loop) -> None:
        """The network is evaluated in a loop over a loader."""
        if any(loop.loader.dataset is seen.loader.dataset for seen, _ in self.loops.values()):
            return
        if self.tested is None or self.tested[0] != id(loop.loader):
            self.tested = id(loop.loader), described_loader(loop.loader, self.torch)

    def network_state(self) -> list[torch.Tensor]:
        """The numbers of its network that a copy of its weights holds."""
        held = [] if self.network is None else [*self.network.parameters(), *self.network.buffers()]
        return [value.detach() for value in held if value.is_floating_point()]

    @property
    def wants_whole(self) -> bool:
        """Whether evaluations beside it should be seen to their ends."""
        return self.choices.wants_whole

    def end_cell(self) -> None:
        """After each cell."""
        self.choices.end()
        self.look_for_changes("after its training")
        self.record.variable = self.record.variable or self.session.name_of(self.network)  # a function may return it

    def write_choices(self, record: Training) -> None:
        """By what rules it ends, and which epoch it leaves; a gap where that can't be said."""
        loops = [loop for loop, _ in self.loops.values()]
        trained_of, samples = counts(loops[-1].loader) if loops else (None, None)
        view = View(
            loss=next((str((loss.kind, loss.settings)) for loss in self.losses.values()), ""),
            changing=record.spec is None or any(layer.type in _CHANGING for layer in record.spec.layers),
            trained_of=trained_of,
            trained_samples=samples,
            held_out=self.held_out,
        )
        record.most_epochs = self.choices.most_epochs
        try:
            if self.choices.known_end is not None:
                record.stopping = self.choices.stopping(view)
        except UnreadableError as error:
            record.note(GapKind.LENGTH, f"a condition may end the training before its last epoch: {error}")
        try:
            if self.choices.restored is not None:
                record.keeping = self.choices.keeping(view)
        except UnreadableError as error:
            kind = GapKind.CHOICE if self.choices.loaded else GapKind.EVALUATION
            record.note(kind, f"the weights of one of its epochs are left: {error}")
        if self.choices.copies and self.choices.restored is None:
            record.note(GapKind.EVALUATION, "a copy of the network was kept while it trained")
        record.held_out = view.used

    def held_out(self, one: Pass) -> HeldOut:
        """What was watched beside it."""
        loader = described_loader(one.loader, self.torch)
        ours = [loop.loader for loop, _ in self.loops.values()]
        seen = datasets.raw(one.loader.dataset, self.torch, _SHOWN_SAMPLES) if loader.dataset.plain else one.shown
        return HeldOut(loader, all(datasets.apart(each, one.loader, self.torch) for each in ours), seen)

    def finished(self) -> Training:
        """The whole record by now."""
        loops = [loop for loop, _ in self.loops.values()]
        loaders = {
            json.dumps(described, default=vars): described
            for described in (described_loader(loop.loader, self.torch) for loop in loops)
        }
        epochs = [Epoch(loop.total(), loop.batches, loop.whole, steps) for loop, steps in self.loops.values()]
        added_up, why = accumulation(epochs)
        rates, unknown = self.rates.written()
        whole = replace(
            self.record,
            gaps=[*self.record.gaps],
            losses=[Named(loss.kind, loss.settings) for loss in self.losses.values()],
            steps=self.steps,
            different_batches=len(self.first_rows),
            different_samples=len(self.rows),
            loops=len(loops),
            rates=rates,
            loss_scale=next(iter(self.scales), 1.0),
            accumulation=added_up,
            steps_in_loops=sum(len(steps) for _, steps in self.loops.values()),
            batches_in_loops=sum(loop.expected() for loop in loops),
            loaders=list(loaders.values())[:_MOST_LOADERS],
            schedules=self.schedules(len(loops), sum(loop.total() or 0 for loop in loops) or self.steps),
            as_loaded=self.steps > 0 and self.as_loaded == self.steps,
            tested=self.tested and self.tested[1],
        )
        self.take_plateau(whole)
        self.session.quietly(self.write_choices, whole)
        if why:
            whole.note(GapKind.GRADIENTS, why)
        if unknown or (rates and whole.schedules):
            whole.note(GapKind.OPTIMISER, unknown or "the learning rate is changed by hand beside a schedule")
        if len(self.scales) > 1:
            whole.note(GapKind.LOSS_WEIGHTS, "the loss is multiplied by different numbers before gradients are taken")
        return whole

    def take_plateau(self, record: Training) -> None:
        """What a ReduceLROnPlateau looks at; a gap where that isn't known."""
        for place, schedule in enumerate(record.schedules):
            if schedule.type == PLATEAU:
                watched, why = self.epoch_losses.watched()
                record.schedules[place] = replace(schedule, watched=watched)
                if watched is None or len(record.schedules) > 1:
                    record.note(GapKind.SCHEDULE, f"{PLATEAU}: {why or 'another schedule stands beside it'}")


def _batch_of(loss: Loss, call: Call | None) -> Batch:
    """What a batch gave before its step."""
    output, target = (call.output if call is not None else loss.given), loss.target
    classes = target.argmax(1) if target.dim() == 2 else target
    alike = output.dim() == 2 and classes.shape == output.shape[:1]
    return Batch(
        len(loss.given),
        float(loss.value.detach()) if loss.value.numel() == 1 else None,
        int((output.argmax(1) == classes).sum()) if alike else None,
    )

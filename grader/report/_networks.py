"""Networks in words: their budget, how they were trained, and what training them again found."""

import math
from collections.abc import Iterator, Mapping

from pydantic import ValidationError

from grader.core.choices import EpochRule
from grader.core.evidence import Lane, Retraining
from grader.core.fault import Fault
from grader.core.network import InputSpec, Recipe
from grader.core.outcome import BudgetLine, ProblemResult
from grader.report._text import counted

_MOST_SHOWN = 12  # numbers in a row


def budget(problem: ProblemResult) -> list[BudgetLine]:
    """The budget lines in the details of a problem's checks, each once."""
    lines: dict[BudgetLine, None] = {}
    for check in problem.checks:
        stated = check.details.get("budget")
        for line in stated if isinstance(stated, list | tuple) else [stated]:
            try:
                lines[BudgetLine.model_validate(line)] = None
            except ValidationError:
                continue
    return list(lines)


def named(type_: str, settings: Mapping[str, object]) -> str:
    """A class with its settings as one would call it: `Adam(lr=0.001)`."""
    return f"{type_}({', '.join(f'{key}={_value(value)}' for key, value in settings.items())})"


def _value(value: object) -> str:
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, tuple | list):
        more = [f"… {len(value):,} in all"] if len(value) > _MOST_SHOWN else []
        return f"({', '.join([*map(_value, value[:_MOST_SHOWN]), *more])})"
    return str(value)


def recipe_lines(recipe: Recipe) -> list[tuple[str, str]]:
    """How a model was trained, as (what, words)."""
    lines = [("Optimiser", named(recipe.optimizer.type, recipe.optimizer.settings))]
    lines += [
        ("Schedule", f"{named(schedule.type, schedule.settings)}, stepped every {schedule.step}")
        for schedule in recipe.schedules
    ]
    lines += _step_lines(recipe)
    batches = f"batches of {recipe.batch_size}{'' if recipe.shuffle else ', not shuffled'}"
    samples = f" on {recipe.train_samples:,} samples" if recipe.train_samples else ""
    lines += [
        ("Loss", named(recipe.loss.type, recipe.loss.settings).removesuffix("()")),
        ("Training", f"{epochs(recipe)}, {batches}{samples}"),
        *_choices(recipe),
        ("Input", _input(recipe.inputs)),
    ]
    if recipe.images is not None:
        lines += [("Images", ", ".join(named(t.type, t.settings) for t in recipe.images.training))]
        if recipe.images.testing != recipe.images.training:
            lines += [("Images in tests", ", ".join(named(t.type, t.settings) for t in recipe.images.testing))]
    lines += [("Differs", str(gap)) for gap in recipe.gaps]
    return lines


def _step_lines(recipe: Recipe) -> Iterator[tuple[str, str]]:
    """What is done at each step besides, as (what, words)."""
    for group in recipe.optimizer.groups:
        yield "Parameters", f"{', '.join(group.parameters) or 'none'}: {named(recipe.optimizer.type, group.settings)}"
    if recipe.rates:
        rates = _value([epoch if len(epoch) > 1 else epoch[0] for epoch in recipe.rates])
        yield "Learning rates", f"{rates}, an epoch each"
    for clipping in recipe.clipping:
        of = f" of {', '.join(clipping.parameters)}" if clipping.parameters else ""
        kind = f", norm {clipping.norm_type:g}" if clipping.norm_type != 2 else ""
        yield "Gradients", f"clipped by {clipping.type} to {clipping.most:g}{kind}{of}"
    if recipe.accumulation is not None:
        rest = f"the rest of an epoch is {recipe.accumulation.rest}"
        yield "Gradients", f"of {recipe.accumulation.every} batches are added up for a step; {rest}"
    if recipe.loss_scale != 1:
        yield "Gradients", f"are those of {recipe.loss_scale:g} times the loss"


def epochs(recipe: Recipe) -> str:
    """How many epochs a training has, as far as that is known."""
    if recipe.epochs_are == "at most":
        return f"at most {counted(recipe.epochs, 'epoch')}"
    return counted(recipe.epochs, "epoch") if recipe.epochs_known else "not known for how many epochs"


def _choices(recipe: Recipe) -> list[tuple[str, str]]:
    """What ends a training early, and which of its epochs is kept, in words."""
    lines = []
    if recipe.stopping is not None:
        waited = counted(recipe.stopping.patience or 1, "epoch")
        lines.append(("Ends early", f"after {waited} without a better {_watched(recipe.stopping)}"))
    if recipe.keeping is not None:
        lines.append(("Keeps", f"the epoch of the best {_watched(recipe.keeping)}"))
    if recipe.held_out is not None:
        lines.append(("Held out", f"{recipe.held_out:,} samples"))
    return lines


def _watched(rule: EpochRule) -> str:
    words = f"{rule.watched.of} {rule.watched.what}"
    words += f", by more than {rule.min_delta:g}" if rule.min_delta else ""
    return words + (f", from epoch {rule.start + 1} on" if rule.start else "")


def _input(spec: InputSpec) -> str:
    words = ["shape " + " × ".join(map(str, spec.shape))]
    words += [f"divided by {spec.divide:g}"] if spec.divide != 1 else []
    words += [f"minus {_number(spec.mean)}"] if spec.mean else []
    words += [f"over {_number(spec.std)}"] if spec.std != 1 else []
    words += ["colours last"] if spec.channels_last else []
    return ", ".join(words)


def _number(value: float | tuple[float, ...]) -> str:
    return f"({', '.join(f'{each:g}' for each in value)})" if isinstance(value, tuple) else f"{value:g}"


def diverged(lane: Lane) -> bool:
    """Whether a training fell apart; an accuracy that is no number means the same."""
    return lane.diverged or not math.isfinite(lane.accuracy)


def lane_words(number: int, lane: Lane, threshold: float) -> str:
    """`training 3: 0.9741, missed`: by its number, since a class keeps its seeds to itself."""
    accuracy = f"{lane.accuracy:.4f}" if math.isfinite(lane.accuracy) else "no number"
    verdict = "diverged" if diverged(lane) else "reached" if lane.reaches(threshold) else "missed"
    return f"training {number}: {accuracy}, {verdict}"


def retraining_words(training: Retraining) -> list[str]:
    """What training again found, in sentences for the student."""
    if training.obstacle:
        comfort = " The machine is to blame: that costs you no points." if training.fault is Fault.machine else ""
        return [f"This network could not be trained again: {training.obstacle.rstrip('.')}.{comfort}", *training.notes]
    if not training.lanes:
        return ["This network was not trained again.", *training.notes]
    hits = sum(lane.reaches(training.threshold) for lane in training.lanes)
    did = "ran your notebook in full" if training.method == "replay" else "trained this network again by your recipe"
    seeds = "one seed" if len(training.lanes) == 1 else f"{len(training.lanes)} different seeds"
    majority = training.planned // 2 + 1
    verdict = {
        "reached": "so the network reaches it.",
        "missed": "so the network does not reach it.",
        "undecided": "and that is not decided yet.",
    }[training.verdict]
    sentences = [
        f"The grader {did} under {seeds} on {training.dataset}. "
        f"{hits} of {len(training.lanes)} reached a test accuracy of {training.threshold:g}; "
        f"{majority} of {training.planned} {'is' if majority == 1 else 'are'} needed, {verdict}"
    ]
    if training.unsupported:
        sentences.append(f"That decides nothing by itself: {training.unsupported}. A person decides.")
    if training.trainer:
        device = "the CPU" if training.device == "cpu" else training.device.partition(":")[2]
        sentences.append(f"The trainings ran on {device} (trainer {training.trainer}).")
    left = training.planned - len(training.lanes)
    if left > 0 and training.verdict != "undecided":
        sentences.append(f"{left} more {'was' if left == 1 else 'were'} planned but not needed to decide.")
    if lost := [number for number, lane in enumerate(training.lanes, 1) if diverged(lane)]:
        who = ", ".join(f"training {number}" for number in lost)
        sentences.append(f"Diverged (the loss became infinite, or the network stayed at chance): {who}.")
    return [*sentences, *training.notes]

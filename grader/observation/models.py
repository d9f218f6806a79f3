"""What the probe wrote becomes models with recipes, rebuilt and counted by the host; nothing is believed unchecked."""

from grader.core.errors import SubmissionError
from grader.core.evidence import ModelFacts
from grader.core.network import Gap, ModelSpec
from grader.datasets import Dataset
from grader.guest.protocol import GapKind
from grader.observation.findings import Failure, Findings, Training, read_findings
from grader.observation.recipes import read_recipe

_UNSTEPPED = (
    "in cell {cell} gradients of “{name}” were computed, but no optimiser of torch or Keras ever stepped its weights, "
    "so it does not count as trained. Look whether optimizer.step() is called, and whether the optimiser was made with "
    "the parameters of this network. Steps that are written out by hand are not seen."
)
_COUNTED = (
    "rows",
    "parameters",
    "buffers_as_weights",
    *("hidden_units", "hidden_units_within", "hidden_layers", "hidden_layers_within"),
)
_MOST_PASSED = 20_000  # layers and their inputs, in all networks of a notebook; each takes a tenth of a millisecond


def read_models(findings: str, file: str, dataset: Dataset | None) -> tuple[tuple[ModelFacts, ...], str]:
    """(trained models in the order of their last step, what is wrong with the findings if anything is)."""
    found, wrong = read_findings(findings)
    if wrong:
        return (), wrong
    by_model: dict[int, list[Training]] = {}
    for training in found.trainings:
        by_model[training.model] = [*by_model.pop(training.model, []), training]
    left = _MOST_PASSED
    models: list[ModelFacts] = []
    for trainings in by_model.values():
        left -= _passed(trainings[-1].spec)
        models.append(_facts(trainings, found, file, dataset, countable=left >= 0))
    return tuple(models), "" if models else "; ".join(found.faults)


def remarks(findings: str) -> tuple[str, ...]:
    """What must be said of what the notebook did: files that were read in the place of others, gradients in vain."""
    told = read_findings(findings)[0]
    served = (f"{name} was not handed in: the grader's copy of the data was read in its place" for name in told.served)
    unstepped = (_UNSTEPPED.format(cell=n.cell, name=n.variable or n.type) for n in told.unstepped)
    return (*served, *unstepped)


def shortened(findings: str) -> frozenset[int]:
    """The cells that saw only a part of a loader's batches."""
    return frozenset(read_findings(findings)[0].shortened)


def failures(findings: str) -> dict[int, Failure]:
    """By cell, what the kernel says of errors that aren't the notebook's."""
    return {failure.cell: failure for failure in read_findings(findings)[0].failures if failure.cell is not None}


def _passed(spec: ModelSpec | None) -> int:
    """How many layers and inputs of layers a network has, which counting it passes through."""
    return sum(1 + len(layer.inputs or ()) for layer in spec.layers) if spec else 0


def _facts(
    trainings: list[Training], found: Findings, file: str, dataset: Dataset | None, *, countable: bool
) -> ModelFacts:
    last = trainings[-1]
    spec = last.spec if countable else None
    if spec is None:
        why = "the network: its weights belong to no nn.Module of the notebook, so its layers can't be read"
        if not countable:
            why = f"the network: those of this notebook have more than {_MOST_PASSED:,} layers and inputs of layers"
        spec = ModelSpec(layers=(), gaps=(Gap(kind=GapKind.LAYER, why=why),))
    facts = ModelFacts(
        notebook=file,
        cell=last.cell,
        variable=last.variable,
        spec=spec,
        recipe=read_recipe(trainings, found, dataset),
        training=trainings[0].number,
    )
    return counted(facts, last.input_shape)


def counted(facts: ModelFacts, input_shape: tuple[int, ...] | None) -> ModelFacts:
    """The same with what the host counts on the network that it rebuilt."""
    from grader.network.count import count

    if not facts.spec.layers:
        return facts
    if input_shape is not None and (len(input_shape) > 6 or any(not 0 < n < 10**5 for n in input_shape)):
        input_shape = None
    try:
        counts = count(facts.spec, input_shape)
    except SubmissionError as error:
        return facts.model_copy(update={"problem": str(error)})
    return facts.model_copy(update={name: getattr(counts, name) for name in _COUNTED})

"""What a check is given: the evidence of a problem, as the observation makes it of what students hand in."""

from collections.abc import Sequence

from blocks import find_sections
from pydantic import TypeAdapter

from grader.checks import Check, check_types
from grader.core.evidence import CellRun, Claim, Lane, ModelFacts, NotebookRun, Retraining, Section
from grader.core.network import Gap, LayerSpec, LooseTensor, ModelSpec, Recipe
from grader.core.record import Record
from grader.core.requests import TrainingRequest
from grader.core.source import Source
from grader.guest.protocol import GapKind
from grader.network.count import count
from grader.observation.labels import Labels

_ANY_REQUEST = TrainingRequest(threshold=0.975, planned=5)
_LABELS = Labels(problems={"3b": "3B", "3c": "3C"})


def check_of(config: dict[str, object]) -> Check:
    """A check as a rubric would say it."""
    return TypeAdapter(check_types()[str(config["type"])]).validate_python({"points": 1} | config)


def text(answer: str | None) -> dict[str, object]:
    """A report with this answer to problem 3B, behind which that to 3C may follow; None where it has none to 3B."""
    report = "# Problem 3C\nelsewhere" if answer is None else f"# Problem 3B\n{answer}"
    sections = find_sections(report, "report.md", _LABELS)
    return {
        "sections": tuple(s for s in sections if s.problem == "3B"),
        "elsewhere": tuple(s for s in sections if s.problem != "3B"),
    }


def drawn(what: str) -> Section:
    """A section to problem 3B with nothing but this in it, which no machine can read."""
    return Section(problem="3B", text="", source=Source(file="report.html", line=3), unread=(what,))


def layer(type: str, **settings: object) -> LayerSpec:
    return LayerSpec.model_validate({"type": type, "settings": settings})


def linear(inputs: int, outputs: int) -> LayerSpec:
    return layer("Linear", in_features=inputs, out_features=outputs)


def gap(kind: GapKind, why: str) -> Gap:
    """A part of a network or of its training that the guest could not write down."""
    return Gap(kind=kind, why=why)


RECIPE = {"loss": {"type": "CrossEntropyLoss"}, "optimizer": {"type": "Adam"}, "batch_size": 32, "epochs": 10}
RECIPE |= {"inputs": {"shape": [1, 28, 28]}}


def network(
    *layers: LayerSpec,
    recipe: dict[str, object] | None = RECIPE,
    spec: dict[str, object] | None = None,
    shape: Sequence[int] = (1, 28, 28),
    **more: object,
) -> dict[str, object]:
    """A network as the host counts it."""
    plain = ModelSpec(layers=layers or MLP)
    counts = count(plain, tuple(shape))
    facts = {
        "notebook": "3B.ipynb",
        "cell": 5,
        "spec": plain.model_copy(update=spec or {}),
        "recipe": recipe and Recipe.model_validate(recipe),
        **counts.model_dump(exclude={"operations", "values"}),
    }
    return {"model": ModelFacts.model_validate(facts | more)}


def recipe(**changes: object) -> dict[str, object]:
    return network(recipe=RECIPE | changes)


MLP = (layer("Flatten"), linear(784, 60), layer("ReLU"), linear(60, 40), layer("ReLU"), linear(40, 10))
CNN = (
    layer("Conv2d", in_channels=1, out_channels=8, kernel_size=5),
    layer("BatchNorm2d", num_features=8),
    layer("ReLU"),
    layer("MaxPool2d", kernel_size=2),
    layer("Dropout", p=0.1),
    layer("Flatten"),
    linear(1152, 10),
)  # fmt: skip
NOT_LAYERS = {"gaps": (gap(GapKind.LAYER, "torch.fft: no layer"),)}
LOOSE = {"loose": (LooseTensor(name="w", shape=(784, 10), kind="parameter"),)}
TWO = {"candidates": (network()["model"], network(notebook="3B_old.ipynb")["model"]), "why_no_model": "Two notebooks."}
CRASH = NotebookRun(file="3B.ipynb", cells=(CellRun(index=3, status="error", error="NameError: net"),))


def trained(*accuracies: float, verdict: str = "reached", diverged: int = 0, **more: object) -> dict[str, object]:
    lanes = [
        Lane(seed=i, accuracy=accuracy, curve=(), seconds=1, diverged=i < diverged)
        for i, accuracy in enumerate(accuracies)
    ]
    facts = {"dataset": "mnist", "threshold": 0.975, "planned": 5, "lanes": lanes, "verdict": verdict}
    return network() | found(Retraining.model_validate(facts | more))


def found(answer: Record) -> dict[str, object]:
    """What a provider found, for whatever the check asks."""
    return {"provided": ((_ANY_REQUEST, answer),)}


def ran(**more: object) -> dict[str, object]:
    return {"notebooks": (NotebookRun.model_validate({"file": "3B.ipynb"} | more),)}


def stated(*pairs: tuple[int, float], **more: object) -> tuple[Claim, ...]:
    """Accuracies that the outputs of these cells state."""
    return tuple(
        Claim.model_validate(
            {"accuracy": a, "text": f"accuracy: {a}", "of": "accuracy", "source": Source(file="3B.ipynb", cell=c)}
            | more
        )
        for c, a in pairs
    )


def claims(*pairs: tuple[int, float], **more: object) -> dict[str, object]:
    """A run of the notebook whose outputs state these, without any network."""
    return ran(claims=stated(*pairs, **more))


def sweep(*probabilities: float, claimed: bool = True) -> dict[str, object]:
    """Networks trained in cell 5 with these probabilities of dropout, each with an accuracy of its own or none."""
    networks = []
    for n, p in enumerate(probabilities):
        own = stated((5, 0.9 + n / 1000)) if claimed else ()
        networks.append(network(*CNN[:4], layer("Dropout", p=p), *CNN[5:], claims=own)["model"])
    every = tuple(claim for one in networks for claim in one.claims)
    return {"networks": tuple(networks), "model": networks[-1]} | ran(claims=every)


CONV = {"layer": "Conv2d", "in_channels": 3, "out_channels": 8, "kernel_size": 5}

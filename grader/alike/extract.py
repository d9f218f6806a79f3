"""What is compared of a hand-in, from what the grader read of it."""

from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path

from nbformat import NotebookNode

from grader.alike.record import Network, Piece
from grader.core.document import Document
from grader.core.evidence import ModelFacts, TrainingLog
from grader.core.outcome import Grade

_DIGITS = 1e-4  # an accuracy that is written less exactly is shared by chance


def code_of(file: str, notebook: NotebookNode) -> tuple[Piece, ...]:
    """The code cells of a notebook, or of a script read as one."""
    cells = enumerate(notebook.cells, 1)
    return tuple(Piece(file=file, cell=n, text=cell.source) for n, cell in cells if cell.cell_type == "code")


def texts_of(*documents: Document) -> tuple[Piece, ...]:
    """The words of documents, without the code that stands in them."""
    return tuple(
        Piece(
            file=block.source.file,
            cell=block.source.cell,
            page=block.source.page,
            line=block.source.line or 1,
            text=block.text,
        )
        for document in documents
        for block in document.blocks
        if block.kind != "code"
    )


def networks_of(grade: Grade) -> tuple[Network, ...]:
    """The networks of a grade, with the accuracies that their notebooks state to four digits."""
    found: dict[str, Network] = {}
    for problem in grade.problems:
        for result in problem.networks:
            network = _network(result.model)
            found.setdefault(network.model_dump_json(), network)
    return tuple(found.values())


def logs_of(logs: Iterable[TrainingLog]) -> tuple[tuple[float, ...], ...]:
    """The numbers of each training that a notebook's saved outputs print."""
    return tuple(
        tuple(
            number
            for epoch in log.epochs
            for number in (epoch.loss, epoch.accuracy, epoch.val_loss, epoch.val_accuracy)
            if number is not None
        )
        for log in logs
    )


def wrong_answers_of(grade: Grade) -> dict[str, str]:
    """What was read as an answer and earned nothing, by problem and check."""
    return {
        f"{problem.id}, {check.name}": check.observed
        for problem in grade.problems
        for check in problem.checks
        if check.status == "failed" and check.observed.strip()
    }


def files_of(root: Path, names: Iterable[str]) -> dict[str, str]:
    """The digest of each of these files below a folder; empty ones are left out. Raises OSError."""
    raw = ((name, (root / name).read_bytes()) for name in names)
    return {name: sha256(content).hexdigest() for name, content in raw if content}


def _network(model: ModelFacts) -> Network:
    recipe = model.recipe.model_dump_json() if model.recipe else ""
    layers = [layer.model_copy(update={"name": ""}) for layer in model.spec.layers]
    spec = model.spec.model_copy(update={"layers": tuple(layers), "unused": ()})
    accuracies = (claim.accuracy for claim in model.claims if 0 < claim.unit <= _DIGITS)
    return Network(
        digest=sha256(f"{spec.model_dump_json()}\n{recipe}".encode()).hexdigest(),
        words="–".join(layer.type for layer in layers[:12]) + ("–…" if len(layers) > 12 else ""),
        accuracies=tuple(dict.fromkeys(accuracies)),
    )

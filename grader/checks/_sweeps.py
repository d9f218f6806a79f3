"""A sweep: trainings with different settings, each with an accuracy of its own."""

import json
import re
from collections import Counter

from grader.checks._answers import of_other_quantity
from grader.checks._epochs import stands_in, written
from grader.core.evidence import Claim, Epoch, ModelFacts, Reading, Section

_OF_OTHERS = ("training", "other", "unclear")


def different(networks: tuple[ModelFacts, ...], varies: str) -> dict[str, list[ModelFacts]]:
    """The trainings of the largest sweep by what was set for them.

    It varies in the layers of this type and in nothing else, so that the final network is none of it; without a type
    all trainings are taken together, and anything may vary.
    """
    sweeps: dict[str, dict[str, list[ModelFacts]]] = {}
    for network in networks:
        layers = [(layer.type, layer.settings) for layer in network.spec.layers]
        varied = [layer for layer in layers if layer[0].startswith(varies)]
        recipe = network.recipe.model_dump(mode="json", exclude={"gaps"}) if network.recipe else None
        steady = [recipe, [layer for layer in layers if layer not in varied]] if varies else []
        here = varied if varies else [recipe, layers]
        sweeps.setdefault(_key(steady), {}).setdefault(_key(here), []).append(network)
    return max(sweeps.values(), key=len, default={})


def _key(settings: object) -> str:
    return json.dumps(settings, sort_keys=True, default=str)


def with_claims(settings: dict[str, list[ModelFacts]]) -> list[Claim]:
    """The accuracy that is stated of a training under each of these settings that has one.

    A list with an item for each training says so only where it can't be that of the epochs of one of them.
    """
    count = sum(map(len, settings.values()))
    found = []
    for networks in settings.values():
        for network in networks:
            as_many = network.recipe is not None and network.recipe.epochs == count
            own = [c for c in network.claims if c.scope not in _OF_OTHERS and not (c.item is not None and as_many)]
            if own:
                found.append(own[-1])
                break
    return found


def of_epochs(networks: tuple[ModelFacts, ...], claims: list[Claim]) -> bool:
    """Whether these claims are all of the epochs of the one training that there was."""
    if len(networks) != 1 or not claims or not set(claims) <= set(networks[0].claims):
        return False
    epochs = networks[0].recipe.epochs if networks[0].recipe else 0
    alike = Counter((claim.source.cell, claim.of) for claim in claims if claim.epoch is None)
    return all(count == 1 or count == epochs for count in alike.values())


def stated_in(section: Section) -> tuple[list[str], list[str]]:
    """(the accuracies that a section states, those of them that stand in no log or table of epochs)."""
    epochs = [epoch for log in section.logs for epoch in log.epochs]
    tables = [
        table.source
        for table in section.tables
        if table.header and re.match(r"\W*epoch", table.header[0], re.IGNORECASE)
    ]
    every, others = [], []
    for reading in section.readings:
        found = _accuracies(reading)
        every += found
        if not _of_epoch(reading, epochs) and reading.source not in tables:
            others += found
    logged = [written(epoch) for epoch in epochs]
    return (every if len(every) >= len(logged) else logged), others


def _of_epoch(reading: Reading, epochs: list[Epoch]) -> bool:
    return any(stands_in(reading, epoch) for epoch in epochs)


def _accuracies(reading: Reading) -> list[str]:
    """What may be accuracies: a number, or all items of a list of lists, which is read as a matrix."""
    if reading.matrix:
        items = [x for row in reading.matrix for x in row]
        listed = all(0 <= x <= 1 for x in items) and any(x != int(x) for x in items)
        return [f"{x:.12g}" for x in items] if listed and 1 in (len(reading.matrix), len(reading.matrix[0])) else []
    return [reading.text] if reading.number is not None and _accuracy_like(reading) else []


def _accuracy_like(reading: Reading) -> bool:
    """0.971 or 97.1 %: three decimals, or a percentage with one, that can be an accuracy and is of nothing else."""
    decimals = sum(c.isdigit() for c in re.split(r"[.,]", reading.text)[-1]) if re.search(r"[.,]", reading.text) else 0
    stated = reading.doubt in ("", "earlier", "part") and not of_other_quantity(reading, ("accuracy",))
    return stated and 0 <= (reading.number or 0) <= 1 and decimals >= (1 if reading.percent else 3)

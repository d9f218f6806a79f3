"""What students whose network misses are told: a next step that they can take, and none that they can't."""

import pytest
from check_evidence import check_of, network, recipe, trained

from grader.core.evidence import EpochPoint, Lane, ProblemEvidence, Retraining

ONE_EPOCH = recipe(epochs=1)
TEN_EPOCHS = network()
DECAYING = recipe(schedules=[{"type": "ExponentialLR", "settings": {"gamma": 0.7}}])
FULL = {"hidden units": 0, "training": 0}
RISING = (0.95, 0.96, 0.97)
FLAT = (0.97, 0.97, 0.97)

# what was handed in, what the budgets leave, the accuracies of the epochs; what is said, what isn't
CASES = {
    "one epoch": (ONE_EPOCH, {}, (0.93,), ["after one epoch: train longer"], ["larger"]),
    "one epoch is all that is allowed": (ONE_EPOCH, {"training": 0}, (0.93,), ["learning rate"], ["longer", "larger"]),
    "still improving": (TEN_EPOCHS, {}, RISING, ["still improving: train longer"], ["larger"]),
    "improving, but epochs are fixed": (TEN_EPOCHS, {"training": 0}, RISING, ["learning rate fall"], ["longer"]),
    "100 of 100 units": (TEN_EPOCHS, {"hidden units": 0}, FLAT, ["learning rate fall"], ["larger", "more hidden"]),
    "64 of 100 units": (
        TEN_EPOCHS,
        {"hidden units": 36},
        FLAT,
        ["make it larger (it may have 36 more hidden units)"],
        [],
    ),
    "it falls already": (DECAYING, FULL, FLAT, ["try another learning rate"], ["fall towards", "larger", "longer"]),
}


@pytest.mark.parametrize("name", CASES)
def test_the_next_step_can_be_taken(name: str) -> None:
    given, room, accuracies, said, not_said = CASES[name]
    curve = tuple(EpochPoint(epoch=n, loss=0.1, accuracy=a) for n, a in enumerate(accuracies, 1))
    lanes = tuple(Lane(seed=seed, accuracy=accuracies[-1], curve=curve, seconds=1) for seed in range(3))
    found = trained(*(lane.accuracy for lane in lanes), verdict="missed")
    ((request, answer),) = found["provided"]  # type: ignore[misc]
    assert isinstance(answer, Retraining)
    evidence = ProblemEvidence.model_validate(
        {"problem": "3B"} | given | {"provided": ((request, answer.model_copy(update={"lanes": lanes})),), "room": room}
    )
    outcome = check_of({"type": "accuracy", "at_least": 0.975}).judge(evidence)
    assert outcome.status == "failed"
    assert all(words in outcome.advice for words in said), outcome.advice
    assert not [words for words in not_said if words in outcome.advice], outcome.advice
    assert outcome.advice.endswith(".") and "  " not in outcome.advice

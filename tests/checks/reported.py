"""Cases of `reported`."""

from check_evidence import CNN, CRASH, TWO, claims, found, layer, network, ran, stated, sweep, text, trained

from grader.core.evidence import Epoch, Retraining, TrainingLog
from grader.core.source import Source

TEN = {"type": "reported", "count": 3}
DROPOUT = TEN | {"varies": "Dropout"}


def claimed(*pairs, **more):
    """What is stated behind the training of the network in cell 5."""
    own = stated(*pairs, **more)
    return network(claims=own) | ran(claims=own)


def again(*accuracies):
    """Trainings of a network, without the network."""
    return {"provided": trained(*accuracies)["provided"]}


def one_training(epochs, *accuracies):
    """A network trained for so many epochs, and what its outputs state."""
    own = stated(*((5, accuracy) for accuracy in accuracies))
    one = network(claims=own, recipe={**_recipe(), "epochs": epochs})
    return one | {"networks": (one["model"],)} | ran(claims=own)


def _recipe():
    return network()["model"].recipe.model_dump()


def logged(accuracy, *, epochs=3, first=1, cell=5, unsupported=""):
    """A training of three epochs whose saved log begins so; fresh networks came to 0.93 after their first epoch."""
    own = stated((6, 0.976))
    place = Source(file="3B.ipynb", cell=cell)
    seen = tuple(Epoch(number=n + first, accuracy=accuracy + n / 1000, source=place) for n in range(epochs))
    curve = [{"epoch": n + 1, "loss": 0.1, "accuracy": 0.93 + n / 100} for n in range(3)]
    lanes = [{"seed": 0, "accuracy": 0.975, "curve": curve, "seconds": 1}]
    facts = {"dataset": "mnist", "threshold": 0.9, "planned": 1, "lanes": lanes, "verdict": "reached"}
    facts |= {"method": "replay", "unsupported": unsupported} if unsupported else {}
    one = network(claims=own, recipe={**_recipe(), "epochs": 3})
    return one | ran(claims=own, logs=(TrainingLog(epochs=seen),)) | found(Retraining.model_validate(facts))


def _final(p):
    """A network of the sweep's kind that was trained for longer."""
    longer = {**_recipe(), "epochs": 30}
    return network(*CNN[:4], layer("Dropout", p=p), *CNN[5:], claims=stated((7, 0.99)), recipe=longer)["model"]


def _claims_of_three():
    return claims((5, 0.9), (5, 0.91), (7, 0.99))


CASES = [
    (
        {"type": "reported"},
        {
            "a claim that holds": (claimed((6, 0.9849)) | again(0.975, 0.98), "passed", "0.9750 to 0.9800"),
            "a claim that does not": (claimed((6, 0.9851)) | again(0.975, 0.98), "failed", "older code"),
            "a modest claim": (claimed((6, 0.9)) | again(0.975, 0.98), "passed", "States 0.9000"),
            "a rounded claim": (claimed((6, 0.99), unit=0.01) | again(0.975, 0.98), "passed", "States 0.9900"),
            "nothing to compare with": (claimed((6, 0.98)), "passed", "nothing to compare"),
            "no claim": (network() | ran(), "failed", "No accuracy is stated"),
            "no claim in the outputs but in the text": (
                network() | ran() | text("It is 0.9812."),
                "manual",
                "The text states",
            ),
            "a claim before the training": (network() | claims((2, 0.98)), "manual", "one is stated elsewhere"),
            "a claim below another problem's heading": (
                network(claims=stated((6, 0.98))) | ran(),
                "manual",
                "one is stated elsewhere",
            ),
            "a claim of nobody's": (
                network() | ran() | {"unowned": stated((6, 0.98))},
                "manual",
                "one is stated elsewhere",
            ),
            "the training's alone": (claimed((6, 0.99), scope="training"), "manual", "of the training set"),
            "too much of a validation set": (
                claimed((6, 0.99), scope="validation") | again(0.975),
                "manual",
                "for the test set",
            ),
            "a validation set alone": (
                claimed((6, 0.976), scope="validation") | again(0.975),
                "passed",
                "States 0.9760",
            ),
            "two that differ": (claimed((6, 0.976), (7, 0.999)) | again(0.975), "manual", "Several"),
            "two that hold": (claimed((6, 0.976), (7, 0.975)) | again(0.975), "passed", "States 0.9750"),
            "a log that begins too high": (logged(0.99), "passed", "this training went on from an earlier one"),
            "no network": (claims((6, 0.98)), "manual", "of which network"),
            "several networks": (TWO | {"unowned": stated((6, 0.98))}, "manual", "of which network"),
            "neither": ({"notebooks": ()}, "failed", "no accuracy of one is stated"),
        },
    ),
    (
        {"type": "reported", "at_least": 0.9},
        {
            "below": (claimed((6, 0.8)), "failed", "below 0.9"),
            "rounded below": (claimed((6, 0.89), unit=0.02), "manual", "how it was rounded"),
            "two, one below": (claimed((6, 0.98), (7, 0.5)), "manual", "Several"),
            "behind another's": (
                network(claims=stated((5, 0.98))) | claims((2, 0.5), (5, 0.98)),
                "passed",
                "0.98",
            ),
        },
    ),
    (
        TEN,
        {
            "a sweep in the report": (text("0.971, 0.968 and 97.1%"), "passed", "3 accuracies"),
            "a sweep in the outputs": (sweep(0.1, 0.2, 0.3), "passed", "each of a training with settings of its own"),
            "a sweep that is too short": (text("0.971, 0.968 with lr 0.1 for 3 epochs"), "failed", "2 accuracies"),
            "a sweep in the report and its trainings": (
                sweep(0.1, 0.2, 0.3, claimed=False) | text("0.971, 0.968 and 97.1%"),
                "passed",
                "3 accuracies",
            ),
            "a sweep in the report and one training": (
                sweep(0.1, claimed=False) | text("0.971, 0.968 and 97.1%"),
                "manual",
                "one training was seen",
            ),
            "one setting under three seeds": (sweep(0.1, 0.1, 0.1), "manual", "tied"),
            "epochs in the report": (
                text("Epoch 1: accuracy 0.971\nEpoch 2: accuracy 0.974\nEpoch 3: accuracy 0.979"),
                "manual",
                "may be of epochs",
            ),
            "a table of epochs": (
                text("| epoch | accuracy |\n|---|---|\n| 1 | 0.971 |\n| 2 | 0.974 |\n| 3 | 0.979 |"),
                "manual",
                "may be of epochs",
            ),
            "epochs in the outputs": (one_training(3, 0.91, 0.92, 0.93), "failed", "of the epochs of one training"),
            "neither epochs nor trainings": (one_training(10, 0.91, 0.92, 0.93), "manual", "tied"),
            "epochs before a crash": (
                one_training(3, 0.91, 0.92, 0.93)
                | {"notebooks": (CRASH, *ran(claims=stated((5, 0.9)) * 3)["notebooks"])},
                "manual",
                "tied",
            ),
            "no network": (claims((5, 0.9), (5, 0.91), (5, 0.92)), "manual", "no training was seen"),
            "nothing": (network() | ran(), "failed", "0 accuracies"),
        },
    ),
    (
        DROPOUT,
        {
            "of dropout": (sweep(0.0, 0.5, 1.0), "passed", "3 accuracies"),
            "two and the final network": (
                sweep(0.0, 0.5) | {"networks": (*sweep(0.0, 0.5)["networks"], _final(0.1))} | _claims_of_three(),
                "manual",
                "2 trainings",
            ),
            "of something else": (
                {"networks": tuple(network(notebook=f"{n}.ipynb", claims=stated((5, 0.9)))["model"] for n in range(3))}
                | claims((5, 0.9), (5, 0.91), (5, 0.92)),
                "manual",
                "tied",
            ),
        },
    ),
]

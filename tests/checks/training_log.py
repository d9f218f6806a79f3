"""Cases of `training_log`."""

from check_evidence import ran, text

from grader.core.source import Source
from grader.observation.logs import read_logs


def keras(*accuracies: float, start: int = 1) -> str:
    bar = "60000/60000 [====] - 5s 83us/step"
    lines = [f"Epoch {i}/3\n{bar} - loss: 0.5 - acc: {a:.4f}" for i, a in enumerate(accuracies, start)]
    return "```\n" + "\n".join(lines) + "\n```\n"


def printed(*accuracies: float) -> dict[str, object]:
    """A notebook whose saved output in cell 5 is such a log."""
    output = keras(*accuracies)
    return ran(logs=read_logs(output, [Source(file="3B.ipynb", cell=5)] * (output.count("\n") + 1)))


LOG = {"type": "training_log", "epochs": 3, "first_at_most": 0.96, "reason": "measured"}
CLAIM = {"type": "training_log", "claim": ["test accuracy"]}
VALIDATED = (
    "Epoch 1 | train loss 0.5 acc 0.90 | val loss 0.4 acc 0.91\n"
    "Epoch 2 | train loss 0.3 acc 0.93 | val loss 0.3 acc 0.92\n"
)

CASES = [
    (
        LOG,
        {
            "a log of Keras": (text(keras(0.91, 0.95, 0.96)), "passed", "3 epochs are shown, 0.9100 to 0.9600"),
            "a list": (text("1: 91.0 %\n2: 95.0 %\n3: 96.5 %"), "passed", "91% to 96.5%"),
            "a first epoch that is no first": (
                text(keras(0.98, 0.981, 0.982)),
                "failed",
                "isn't shown to come from these 3",
            ),
            "too few epochs": (text(keras(0.91, 0.95)), "partial", "3 were asked for"),
            "a gap": (text(keras(0.91) + keras(0.95, start=3)), "partial", "epoch 2 is missing"),
            "the last epochs alone": (text(keras(0.97, 0.975, start=2)), "partial", "begins with epoch 2"),
            "too many epochs": (text(keras(0.91, 0.92, 0.93, 0.94)), "failed", "4 epochs are shown"),
            "the last of two trainings counts": (
                text(keras(0.98, 0.98, 0.98) + keras(0.91, 0.95, 0.96)),
                "passed",
                "2 logs",
            ),
            "losses alone": (
                text("Epoch 1: loss 0.5\nEpoch 2: loss 0.4\nEpoch 3: loss 0.3"),
                "manual",
                "has no accuracy",
            ),
            "no log": (text("It took ten epochs."), "manual", "No training log"),
            "a log in the saved outputs": (text("See it.") | printed(0.91, 0.95, 0.96), "passed", "3 epochs are shown"),
            "a log in the saved outputs that is no first": (
                text(None) | printed(0.98, 0.981, 0.982),
                "failed",
                "isn't shown to come from these 3",
            ),
            "the text's log goes before": (text(keras(0.91, 0.95)) | printed(0.91, 0.95, 0.96), "partial", "2 epochs"),
            "no section": (text(None), "failed", "No section"),
        },
    ),
    (
        CLAIM,
        {
            "the claim is the log's last": (text(VALIDATED + "\nThe test accuracy is 92.0%."), "passed", "as it ends"),
            "another claim": (text(VALIDATED + "\nThe test accuracy is 95.0%."), "failed", "the log ends with 0.9300"),
            "no claim": (text(VALIDATED + "\nGood."), "manual", "no accuracy stated"),
        },
    ),
    (
        CLAIM | {"claim_in": "3C"},
        {
            "a claim in another answer": (
                text(VALIDATED + "\n# Problem 3C\nThe test accuracy is 93.0%."),
                "passed",
                "93.0%",
            ),
        },
    ),
]

REFUSED = {
    "a bound without a reason": ({"type": "training_log", "first_at_most": 0.9}, "needs a `reason`"),
}

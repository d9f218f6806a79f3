"""Cases of `accuracy`."""

from check_evidence import CRASH, TWO, network, trained

ACCURACY = {"type": "accuracy", "at_least": 0.975}

CASES = [
    (
        ACCURACY,
        {
            "reached": (trained(0.98, 0.97, 0.976, 0.9751), "passed", "3 of 4 trainings reach 0.975"),
            "missed": (trained(0.97, 0.98, 0.96, 0.97, verdict="missed"), "failed", "now and then"),
            "missed by far": (trained(0.95, 0.95, 0.94, verdict="missed"), "failed", "misses by 0.0250"),
            "diverged": (
                trained(0.098, 0.098, 0.098, verdict="missed", diverged=3),
                "failed",
                "Lower the learning rate",
            ),
            "diverged at a high accuracy": (
                trained(0.99, 0.99, 0.97, verdict="missed", diverged=2),
                "failed",
                "0 of 3",
            ),
            "undecided": (trained(0.98, verdict="undecided"), "manual", "decides nothing yet"),
            "not trained again": (network(), "manual", "not trained again"),
            "can't be trained again": (trained(verdict="undecided", obstacle="a rare loss"), "manual", "a rare loss"),
            "the machine's fault": (
                trained(verdict="undecided", obstacle="no data", fault="machine"),
                "error",
                "no data",
            ),
            "the student's fault": (
                trained(verdict="undecided", obstacle="too large", fault="student"),
                "failed",
                "too large",
            ),
            "trained for a higher threshold": (
                trained(0.98, 0.98, 0.98, verdict="missed", threshold=0.99),
                "passed",
                "3 of 3",
            ),
            "trained for a lower threshold": (trained(0.97, 0.97, 0.97, threshold=0.96), "failed", "0 of 3"),
            "too few trainings for this threshold": (
                trained(0.98, 0.98, 0.97, threshold=0.96),
                "manual",
                "nothing yet",
            ),
            "no network": ({}, "failed", "No trained network"),
            "no network, because the notebook stops": ({"notebooks": (CRASH,)}, "failed", "NameError: net"),
            "several networks": (TWO, "manual", "3B_old.ipynb, cell 5"),
        },
    ),
]

REFUSED = {
    "a threshold above 1": ({"type": "accuracy", "at_least": 97.5}, "less than or equal to 1"),
}

WARNED = {
    "an even number of seeds": (ACCURACY | {"seeds": 4}, "is even"),
}

"""Cases of `reported`."""

from check_evidence import claims, network, ran, text, trained

TEN = {"type": "reported", "count": 3}

CASES = [
    (
        {"type": "reported"},
        {
            "a claim that holds": (trained(0.975, 0.98) | claims((6, 0.9849)), "passed", "0.9750 to 0.9800"),
            "a claim that does not": (trained(0.975, 0.98) | claims((6, 0.9851)), "failed", "older code"),
            "a modest claim": (trained(0.975, 0.98) | claims((6, 0.9)), "passed", "States 0.9000"),
            "nothing to compare with": (network() | claims((6, 0.98)), "passed", "nothing to compare"),
            "no claim": (network() | ran(), "failed", "No accuracy is stated"),
        },
    ),
    (
        {"type": "reported", "at_least": 0.9},
        {
            "the last claim counts": (claims((6, 0.98), (7, 0.5)), "failed", "below 0.9"),
            "a claim before the training": (network() | claims((2, 0.5), (5, 0.98)), "passed", "0.98"),
        },
    ),
    (
        TEN,
        {
            "a sweep in the report": (text("0.971, 0.968 and 97.1%"), "passed", "3 accuracies"),
            "a sweep in the outputs": (claims((5, 0.9), (5, 0.91), (5, 0.92)), "passed", "3 accuracies"),
            "a sweep that is too short": (text("0.971, 0.968 with lr 0.1 for 3 epochs"), "failed", "2 accuracies"),
        },
    ),
]

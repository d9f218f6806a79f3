"""Cases of `loss`."""

from check_evidence import MLP, RECIPE, gap, layer, network, recipe

from grader.guest.protocol import GapKind

CROSS_ENTROPY = {"type": "loss", "expect": "cross_entropy"}

CASES = [
    (
        CROSS_ENTROPY,
        {
            "the loss asked for": (network(), "passed", "CrossEntropyLoss"),
            "its other form": (
                network(*MLP, layer("LogSoftmax", dim=1), recipe=RECIPE | {"loss": {"type": "NLLLoss"}}),
                "passed",
                "NLLLoss",
            ),
            "its other form, over the batch": (
                network(*MLP, layer("LogSoftmax", dim=0), recipe=RECIPE | {"loss": {"type": "NLLLoss"}}),
                "failed",
                "NLLLoss",
            ),
            "half of its other form": (recipe(loss={"type": "NLLLoss"}), "failed", "takes the logits"),
            "softmax twice": (network(*MLP, layer("Softmax", dim=1)), "passed", "computed twice"),
            "another loss": (recipe(loss={"type": "MSELoss"}), "failed", "MSELoss"),
            "a loss that was not seen": (
                recipe(gaps=[gap(GapKind.LOSS, "no loss was seen")]),
                "manual",
                "no loss was seen",
            ),
            "a training that was not seen": (network(recipe=None), "manual", "could not be observed"),
        },
    ),
    (
        {"type": "loss", "expect": "nll"},
        {
            "nll as asked": (
                network(*MLP, layer("LogSoftmax", dim=1), recipe=RECIPE | {"loss": {"type": "NLLLoss"}}),
                "passed",
                "NLLLoss",
            ),
        },
    ),
]

"""Cases of `training_recipe`."""

from check_evidence import gap, network, recipe

from grader.guest.protocol import GapKind

FIXED = {"type": "training_recipe", "epochs": 10, "batch_size": 32}

CASES = [
    (
        FIXED,
        {
            "the recipe asked for": (network(), "passed", "Adam, 10 epochs, batch size 32"),
            "other epochs and batches": (
                recipe(epochs=9, batch_size=64),
                "failed",
                "9 epochs instead of 10, batch size 64",
            ),
            "epochs that are not all known": (
                recipe(epochs=5, gaps=[gap(GapKind.OPTIMISER, "2 optimisers")]),
                "manual",
                "2 optimisers",
            ),
            "a recipe that was not seen": (network(recipe=None), "manual", "could not be observed"),
        },
    ),
    (
        {"type": "training_recipe", "optimizers": ["SGD", "AdamW"]},
        {
            "another optimiser": (network(), "failed", "SGD or AdamW"),
        },
    ),
]

WARNED = {
    "without a bound": ({"type": "training_recipe"}, "can't fail"),
}

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
            "epochs where a shortened run happened to end": (
                recipe(epochs=10, gaps=[gap(GapKind.LENGTH, "a condition may end it")]),
                "manual",
                "not known for how many epochs it was trained (a condition may end it)",
            ),
            "the same with other batches": (
                recipe(epochs=4, batch_size=64, gaps=[gap(GapKind.LENGTH, "a condition may end it")]),
                "manual",
                "not known for how many epochs it was trained and batch size 64 instead of 32",
            ),
            "gradients of several batches added up": (
                recipe(batch_size=8, accumulation={"every": 4, "first": 4}),
                "manual",
                "4 batches of 8 are added up",
            ),
            "epochs that may be fewer": (recipe(epochs=10, epochs_are="at most"), "manual", "may end earlier"),
            "epochs that are fewer in any case": (
                recipe(epochs=8, epochs_are="at most"),
                "failed",
                "8 epochs instead of 10",
            ),
            "epochs that may be more": (
                recipe(epochs=4, epochs_are="unknown"),
                "manual",
                "not known for how many epochs",
            ),
            "a recipe that was not seen": (network(recipe=None), "manual", "could not be observed"),
        },
    ),
    (
        {"type": "training_recipe", "optimizers": ["SGD", "AdamW"]},
        {
            "the optimiser of a training that a condition ends": (
                recipe(optimizer={"type": "SGD"}, gaps=[gap(GapKind.LENGTH, "a condition may end it")]),
                "passed",
                "SGD, epochs not known",
            ),
            "another optimiser": (network(), "failed", "SGD or AdamW"),
        },
    ),
]

WARNED = {
    "without a bound": ({"type": "training_recipe"}, "can't fail"),
}

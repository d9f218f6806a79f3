"""Cases of `choice`."""

from check_evidence import text

SEARCH = {"type": "choice", "options": {"grid": ["grid search"], "random": ["random search"]}}

CASES = [
    (
        SEARCH,
        {
            "one option": (text("We pick Random Search."), "passed", "random"),
            "two options": (text("random search beats grid search"), "manual", "random and grid"),
            "a word that contains an option": (text("hybrid searching, quasirandom searches"), "manual", "No choice"),
            "no choice at all": (text(None), "failed", "No section"),
        },
    ),
    (
        SEARCH | {"expect": "random"},
        {
            "the option that is right": (text("random search"), "passed", "random"),
            "another option": (text("grid search"), "failed", "grid, which is not right"),
        },
    ),
    (
        {"type": "choice", "options": {"grid": ["grid search"], "random": ["random search"]}, "expect": "random"},
        {
            "a choice struck out": (text("~~grid search~~ random search"), "passed", "random"),
        },
    ),
]

REFUSED = {
    "one option": ({"type": "choice", "options": {"a": ["b"]}}, "at least 2"),
}

WARNED = {
    "an option that isn't there": (SEARCH | {"expect": "hand"}, "none of the options"),
}

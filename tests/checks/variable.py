"""Cases of `variable`."""

from check_evidence import CRASH, ran

CASES = [
    (
        {"type": "variable", "variable": "n", "expect": 5},
        {
            "a value": (ran(variables={"n": 5.0000001}), "passed", "as asked"),
            "another value": (ran(variables={"n": 6}), "failed", "`n` is 6"),
            "no such variable": ({"notebooks": (CRASH,)}, "failed", "cell 3: "),
            "a kernel that did not live until it was asked": (
                ran(cells=[{"index": 4, "status": "died"}]),
                "manual",
                "did not run to its end",
            ),
        },
    ),
    (
        {"type": "variable", "variable": "n", "expect": [1, 2]},
        {
            "values in a list": (ran(variables={"n": [1, 2]}), "passed", "`n`"),
        },
    ),
    (
        {"type": "variable", "variable": "n", "expect": "relu"},
        {
            "a word": (ran(variables={"n": "relu"}), "passed", "`n`"),
        },
    ),
    (
        {"type": "variable", "variable": "n", "length": 2},
        {
            "a length": (ran(variables={"n": {"a": 1, "b": 2}}), "passed", "`n`"),
            "another length": (ran(variables={"n": 7}), "failed", "no length"),
        },
    ),
    (
        {"type": "variable", "variable": "n", "expect": 1},
        {
            "another type": (ran(variables={"n": True}), "failed", "True"),
            "not a number": (ran(variables={"n": float("nan")}), "failed", "nan"),
            "a number too large for a float": (ran(variables={"n": 10**5000}), "failed", "huge"),
        },
    ),
]

REFUSED = {
    "neither value nor length": ({"type": "variable", "variable": "n"}, "`expect` or `length`"),
}

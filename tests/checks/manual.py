"""Cases of `manual`."""

from check_evidence import text

CASES = [
    (
        {"type": "manual"},
        {
            "what a person reads": (text("Because.\n# 3B\nAnd so."), "manual", "A person reads"),
            "nothing for a person to read": (text(None), "manual", "a person looks for it"),
        },
    ),
    (
        {"type": "manual", "missing_is_failed": True},
        {
            "nothing to read is lost": (text(None), "failed", "No section"),
        },
    ),
]

WARNED = {
    "no note": ({"type": "manual"}, "without a `note`"),
}

"""Cases of `files`."""

from check_evidence import found

from grader.checks.files import FilesFound

WRITTEN = {"type": "files", "patterns": ["report.pdf", "*.ipynb"]}


def handed_in(*fitting: tuple[str, ...], **more: object) -> dict[str, object]:
    return found(FilesFound.model_validate({"fitting": fitting} | more))


CASES = [
    (
        WRITTEN,
        {
            "both": (handed_in(("report.pdf",), ("a.ipynb", "b.ipynb")), "passed", "All files"),
            "one": (handed_in((), ("a.ipynb",)), "partial", "`report.pdf`"),
            "none": (handed_in((), ()), "failed", "No file fits `report.pdf`, `*.ipynb`."),
            "a link": (handed_in((), ("a.ipynb",), ignored=["report.pdf (a link)"]), "manual", "left out: report.pdf"),
            "not looked for": ({}, "manual", "a person"),
        },
    ),
]

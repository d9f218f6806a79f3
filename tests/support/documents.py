"""The real documents, each with its rubric; run as a script, it prints what is found in them as tables."""

import time
from pathlib import Path

from grader.core.outcome import Grade
from grader.pipeline import grade_submission
from grader.rubric import load_rubric
from grader.tools import Options, tools_for

# They lie beside the checkout, since their texts are their authors'.
FOLDER = Path(__file__).resolve().parents[3] / "shared" / "documents"
DOCUMENTS = {
    "000_b9132b56ed367495.txt": "cs155-2019-set4",
    "001_b43ee8e1d2b81170.txt": "ece421-a2",
    "002_af95111d574ffb24.txt": "dl-hw2",
    "003_59abfbb2d60b416e.txt": "cs155-2023-set4",  # the assignment itself, without any answer
    "004_465c5c9c92ea546a.txt": "cmu16720-cnn",
}


def grade_document(name: str) -> Grade:
    """The grade of one document as a submission of its own."""
    rubric = load_rubric(DOCUMENTS[name])
    return grade_submission(FOLDER / name, rubric, tools_for(rubric), Options(retrain=False))


def main() -> None:
    """A table for each document."""
    from rich.console import Console

    from grader.report.terminal import table

    console = Console()
    if not FOLDER.is_dir():
        console.print(f"There is no {FOLDER}: the documents don't come with the grader.")
    for name in DOCUMENTS:
        if (FOLDER / name).is_file():
            started = time.perf_counter()
            console.print(table(grade_document(name)), f"{time.perf_counter() - started:.1f} s\n")


if __name__ == "__main__":
    main()

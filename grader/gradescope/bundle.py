"""The autograder that is uploaded: one zip with the grader, the rubric and the data, the same for the same input."""

import hashlib
import json
from typing import NamedTuple

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from grader.core.errors import RubricError
from grader.core.evidence import OF_CODE, Retraining
from grader.datasets import served
from grader.gradescope.packages import packages
from grader.gradescope.place import SETTINGS, Settings
from grader.gradescope.wheel import wheel, zipped
from grader.guest.datasets import data_sets
from grader.resources import resource
from grader.rubric import Rubric, load_rubric
from grader.rubric.load import find_rubric

_EXECUTABLE = frozenset({"setup.sh", "run_autograder"})
_FIRST = {
    "score": 0,
    "output": "This was not graded: the autograder could not start. That is not your doing; a member of the course "
    "staff runs it again.",
    "output_format": "text",
    "stdout_visibility": "hidden",
}


class Bundle(NamedTuple):
    """The zip, its files' sizes by name, and what whoever uploads it should know."""

    content: bytes
    sizes: dict[str, int]
    warnings: tuple[str, ...]


def bundle(name: str, *, minutes: float, salt: str = "", trust: bool = False, torch_index: str = "") -> Bundle:
    """The autograder of a rubric, by its file or id; `minutes` are those that Gradescope gives to a submission.

    Without a `salt`, here or in the rubric, the seeds are drawn from the rubric's text, which students don't have.
    Raises RubricError for a student edition, MachineError where the data can't be found here.
    """
    path = find_rubric(name)
    rubric = load_rubric(path)
    if rubric.edition == "student":
        raise RubricError("is the student edition, which judges no answers", where=name, hint="Name the full rubric.")
    text = path.read_bytes()
    settings = Settings(
        rubric="rubric.yaml",
        minutes=minutes,
        salt=salt or rubric.salt or hashlib.sha256(text).hexdigest(),
        trust=trust,
    )
    found = packages(("torch", "colab") if rubric.needs(*OF_CODE) else ())
    torch = [line for line in found.requirements if line.startswith(("torch==", "torchvision=="))]
    wheel_name, wheel_content = wheel()
    words = {
        "wheel": wheel_name,
        "torch": " ".join(torch),
        "torch_index": torch_index,
        "compiler": rubric.needs(Retraining),
        "first": json.dumps(_FIRST, indent=2),
    }
    templates = Environment(
        loader=FileSystemLoader(resource("templates") / "gradescope"),
        undefined=StrictUndefined,
        trim_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701  # shell scripts, of words of ours and of whoever builds it
    )
    files = {file: templates.get_template(f"{file}.j2").render(words).encode() for file in (*_EXECUTABLE, "Dockerfile")}
    files |= {
        "rubric.yaml": text,
        SETTINGS: (settings.model_dump_json(indent=2) + "\n").encode(),
        "requirements.txt": ("\n".join(found.requirements) + "\n").encode(),
        wheel_name: wheel_content,
        **_data(rubric),
    }
    warnings = [f"{', '.join(found.loose)} is not installed here, and its version not pinned"] if found.loose else []
    return Bundle(
        zipped(files, _EXECUTABLE), {n: len(c) for n, c in sorted(files.items())}, (*warnings, *_warnings(rubric))
    )


def _data(rubric: Rubric) -> dict[str, bytes]:
    """The files of the rubric's data set, where they lie below the folder of all data."""
    if rubric.dataset is None:
        return {}
    entry = data_sets()[rubric.dataset]
    return {
        f"data/{entry.folder}/{file}": (folder / entry.folder / file).read_bytes()
        for folder in served(rubric.dataset).values()
        for file in entry.files
    }


def _warnings(rubric: Rubric) -> list[str]:
    """What of the rubric's visibilities changes what students see on Gradescope."""
    withheld = {
        check.visibility: f"{problem.id} “{check.title}”"
        for problem in rubric.problems
        for check in problem.checks
        if check.visibility != "visible"
    }
    said = []
    for visibility, check in withheld.items():
        until = {
            "hidden": "for good",
            "after_due_date": "until it is due",
            "after_published": "until grades are published",
        }
        said.append(f"{check} is withheld from students, and so Gradescope withholds their total {until[visibility]}")
    return said

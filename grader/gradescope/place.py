"""The platform's folders in an autograder's container, and what lies in them.

Source: Gradescope's autograder specifications and its page on `submission_metadata.json`
(gradescope-autograders.readthedocs.io).
"""

from pathlib import Path

from pydantic import Field, ValidationError

from grader.core.errors import MachineError
from grader.core.record import Record

ROOT = Path("/autograder")
SETTINGS = "settings.json"


class Settings(Record):
    """What `grader gradescope build` was told, for the container: it lies beside the rubric.

    `minutes` are those that the platform gives to one submission. `salt` gives the seeds. With `trust` the code of
    submissions runs even where nothing confines it.
    """

    rubric: str
    minutes: float = Field(gt=0, le=1440)
    salt: str = ""
    trust: bool = False


class Place(Record):
    """The platform's folders below one root."""

    root: Path = ROOT

    @property
    def source(self) -> Path:
        """What was uploaded as the autograder, unpacked."""
        return self.root / "source"

    @property
    def submission(self) -> Path:
        """What the student handed in."""
        return self.root / "submission"

    @property
    def metadata(self) -> Path:
        """What the platform says of the submission."""
        return self.root / "submission_metadata.json"

    @property
    def results(self) -> Path:
        """What the platform reads when the run has ended."""
        return self.root / "results" / "results.json"

    def settings(self) -> Settings:
        """What the autograder was built with. Raises MachineError where that can't be read."""
        path = self.source / SETTINGS
        try:
            return Settings.model_validate_json(path.read_bytes())
        except (OSError, ValidationError) as error:
            raise MachineError(
                f"can't be read: {error}", where=str(path), hint="Build the autograder again: grader gradescope build."
            ) from error

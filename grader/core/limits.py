"""What one submission may use."""

from pydantic import Field

from grader.core.record import Record


class Limits(Record):
    """Caps on notebooks and on networks that are trained again; a rubric may change each.

    Seconds are wall time. `memory_mb` is for a notebook with all the processes that it starts, `processes` counts these
    and their threads, `descriptors` is for each of them, `file_mb` is for each file that it writes, `disk_mb` for all
    of them. `replay_seconds` is for one training of a notebook that has to be run in full.

    `submission_seconds` is for all that is run of one submission: its notebooks, its functions, its trainings.
    `notebooks` are run at most of one submission. `training_seconds` is what training a network once may cost by its
    price, which follows from network and recipe alone. What these three cut off is for a person, and fails nobody.
    """

    cell_seconds: float = Field(default=120, gt=0)
    notebook_seconds: float = Field(default=300, gt=0)
    replay_seconds: float = Field(default=1800, gt=0)
    submission_seconds: float = Field(default=3600, gt=0)
    training_seconds: float = Field(default=1800, gt=0)
    notebooks: int = Field(default=40, ge=1)
    memory_mb: int = Field(default=4096, ge=512)
    processes: int = Field(default=512, ge=16)
    descriptors: int = Field(default=1024, ge=64)
    file_mb: float = Field(default=64, gt=0)
    disk_mb: int = Field(default=1024, ge=1)
    parameters: int = Field(default=20_000_000, ge=1)
    epochs: int = Field(default=100, ge=1)

    def times(self, factor: float) -> "Limits":
        """The same with so many times the seconds for a submission and for a training; `factor` may be infinite."""
        return self.model_copy(
            update={name: getattr(self, name) * factor for name in ("submission_seconds", "training_seconds")}
        )

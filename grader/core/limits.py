"""What one submission may use."""

from pydantic import Field

from grader.core.record import Record


class Limits(Record):
    """Caps on notebooks and on networks that are trained again; a rubric may change each.

    Seconds are wall time. `memory_mb` is for a notebook with all the processes that it starts, `processes` counts these
    and their threads, `file_mb` is for each file that it writes, `disk_mb` for all of them. `replay_seconds` is for one
    training of a notebook that has to be run in full.
    """

    cell_seconds: float = Field(default=120, gt=0)
    notebook_seconds: float = Field(default=300, gt=0)
    replay_seconds: float = Field(default=1800, gt=0)
    memory_mb: int = Field(default=4096, ge=512)
    processes: int = Field(default=512, ge=16)
    file_mb: float = Field(default=64, gt=0)
    disk_mb: int = Field(default=1024, ge=1)
    parameters: int = Field(default=20_000_000, ge=1)
    epochs: int = Field(default=100, ge=1)

"""What one submission may use."""

from pydantic import Field

from grader.core.record import Record


class Limits(Record):
    """Caps on notebooks and on networks that are trained again; a rubric may change each.

    Seconds are wall time. `memory_mb` is for the notebook's process, `processes` for it with all that it
    starts (threads count), `file_mb` for each file it writes.
    """

    cell_seconds: float = Field(default=120, gt=0)
    notebook_seconds: float = Field(default=300, gt=0)
    memory_mb: int = Field(default=4096, ge=512)
    processes: int = Field(default=512, ge=16)
    file_mb: float = Field(default=64, gt=0)
    parameters: int = Field(default=20_000_000, ge=1)
    epochs: int = Field(default=100, ge=1)

"""What a course takes for lateness."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from grader.core.record import Record

Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]


class LatePolicy(Record):
    """What lateness takes of the points earned; 0.1 is 10 % of them. A rubric without it takes nothing.

    `per_day` is taken for each begun day, or `per_hour` for each begun hour, and never more than `at_most`. A day ends
    at the time of day at which the assignment was due, and is no shorter than 24 hours.

    Who hands in within `grace_minutes` isn't late, and everything else counts from their end. `late_days` are what each
    person has for the whole course: as many days are free, and as many are used as gain something. How many are left
    before this assignment stands in the file of extensions. More than `until_days` after the due date nothing counts
    any more, also with late days, or a person decides (`beyond`).
    """

    per_day: Share | None = None
    per_hour: Share | None = None
    at_most: Share = 1.0
    grace_minutes: float = Field(default=0, ge=0, le=1440, allow_inf_nan=False)
    late_days: int = Field(default=0, ge=0, le=366)
    until_days: int | None = Field(default=None, ge=0, le=366)
    beyond: Literal["nothing", "person"] = "nothing"

    @model_validator(mode="after")
    def _consistent(self) -> "LatePolicy":
        if self.per_day is not None and self.per_hour is not None:
            raise ValueError("give either `per_day` or `per_hour`")
        steps = self.per_day is not None or self.per_hour is not None
        if self.late_days and not steps:
            raise ValueError("`late_days` are free of what `per_day` or `per_hour` takes: give one of them")
        if "at_most" in self.model_fields_set and not steps:
            raise ValueError("`at_most` bounds what `per_day` or `per_hour` takes: give one of them")
        if "beyond" in self.model_fields_set and self.until_days is None:
            raise ValueError("`beyond` says what holds after `until_days`: give them")
        return self

    @property
    def takes(self) -> bool:
        """Whether lateness may cost something, or asks for a person."""
        return bool(self.per_day or self.per_hour) or self.until_days is not None

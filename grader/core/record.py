"""The base of every record that passes between stages."""

from pydantic import BaseModel, ConfigDict


class Record(BaseModel):
    """An immutable value; unknown keys are errors, so that a typo never passes silently."""

    # Not finite numbers are written as words: JSON has none, and null would not be read back.
    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="strings")

"""What a rubric file may say."""

from collections import Counter
from datetime import datetime
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import ConfigDict, Field, ValidationInfo, field_validator, model_validator

from grader.checks import Check, check_types
from grader.core.evidence import Retraining
from grader.core.late_policy import LatePolicy
from grader.core.limits import Limits
from grader.core.record import Record
from grader.guest.datasets import data_sets
from grader.language.dates import moment, zone_named

if TYPE_CHECKING:
    AnyCheck = Check
    DataSetName = str
else:
    AnyCheck = Annotated[reduce(or_, check_types().values()), Field(discriminator="type")]
    DataSetName = Literal[tuple(data_sets())]

Label = Annotated[str, Field(min_length=1, max_length=40)]


class Problem(Record):
    """One problem. `id` is what its heading says (`3B`); `aliases` are other labels that mean only this problem.

    `text` tells the student what is asked, in the rubric's own words. The points of `extra_credit` come on top of those
    of the assignment: they can be earned, and none is lost.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", coerce_numbers_to_str=True)

    id: Label
    title: str
    points: float = Field(ge=0, allow_inf_nan=False)
    extra_credit: bool = False
    text: str = ""
    aliases: tuple[Label, ...] = ()
    checks: tuple[AnyCheck, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _consistent(self) -> "Problem":
        total = sum(check.points for check in self.checks)
        if abs(total - self.points) > 1e-9:
            raise ValueError(f"the checks of {self.id} add up to {total:g} points, its `points` say {self.points:g}")
        seen: set[str] = set()
        for check in self.checks:
            if check.title in seen:
                raise ValueError(f"two checks of {self.id} are called “{check.title}”; give them a `name`")
            for needed in check.requires:
                if needed not in seen:
                    raise ValueError(f"“{check.title}” requires “{needed}”, which is no earlier check of {self.id}")
            seen.add(check.title)
        return self

    def needs(self, *kinds: type[Record]) -> bool:
        """Whether one of its checks judges one of these kinds of evidence."""
        return any(not check.needs.isdisjoint(kinds) for check in self.checks)


class SectionHead(Record):
    """A numbered section of the assignment with the points that its heading promises."""

    model_config = ConfigDict(frozen=True, extra="forbid", coerce_numbers_to_str=True)

    id: Label
    title: str
    points: float | None = None
    problems: tuple[Label, ...] = ()


class Naming(Record):
    """Another consistent way to call the problems, e.g. what an assignment's instructions call its notebooks.

    `labels` maps a problem's id to its label there. A label may be another problem's id: which naming a submission
    follows is decided by all of its files together.
    """

    name: str
    labels: dict[str, Label]


class Edit(Record):
    """One change to a file of the reference submission; `replace` must occur there."""

    file: str
    replace: str = Field(min_length=1)
    by: str


class Gradescope(Record):
    """How Gradescope's page shows what the autograder found.

    Answers that wait for a person are `shown` there as tests without points, and count as 0 until then; or they are
    `left out`, where they are questions of their own that are graded on Gradescope by hand. With `leaderboard` the mean
    accuracy of each network that was trained again stands on the leaderboard.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    waiting: Literal["shown", "left out"] = "shown"
    leaderboard: bool = False


class Mutant(Record):
    """A wrong submission made from the reference, and exactly which checks (`3B/hidden_units`) lose how many points.

    Those in `asks` go to a person, as where a heading is missing and the answer may stand elsewhere; the others fail.
    """

    name: str
    edits: tuple[Edit, ...] = ()
    remove: tuple[str, ...] = ()
    loses: dict[str, float]
    asks: tuple[str, ...] = ()


class Rubric(Record):
    """One assignment: its problems, their points without extra credit, and how each is judged.

    `unlabelled` is what becomes of answers that are missing where text stands that belongs to no problem: a person
    looks there (`manual`), or they fail (`fail`), as where the assignment insists on its headings.

    `salt` gives the seeds that networks are trained under: any words that students don't know. Without it `grader
    grade` makes one for each class.

    `edition` says that it is what `grader student build` made for students: it judges what needs no answer to be known,
    and reads the rest.

    `due` is a date such as `2026-11-27`, which means the end of that day, or `2026-11-27 17:00`. It states an offset
    (`2026-11-27T17:00:00+01:00`), or `timezone` names where it holds, by an IANA name such as `Europe/Zurich`. `late`
    is what lateness takes.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", coerce_numbers_to_str=True)

    id: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
    title: str
    points: float | None = None
    timezone: str = ""
    due: str = ""
    late: LatePolicy | None = None
    dataset: DataSetName | None = None
    sections: tuple[SectionHead, ...] = ()
    problems: tuple[Problem, ...] = Field(min_length=1)
    namings: tuple[Naming, ...] = ()
    limits: Limits = Limits()
    unlabelled: Literal["manual", "fail"] = "manual"
    salt: Annotated[str, Field(max_length=200)] = ""
    edition: Literal["full", "student"] = "full"
    gradescope: Gradescope = Gradescope()
    reference: str = ""
    mutants: tuple[Mutant, ...] = ()

    @field_validator("timezone")
    @classmethod
    def _known(cls, name: str) -> str:
        if name:
            zone_named(name)
        return name

    @field_validator("due")
    @classmethod
    def _a_date(cls, due: str, info: ValidationInfo) -> str:
        if due and "timezone" in info.data:  # else that is the fault
            moment(due, info.data["timezone"])
        return due

    @model_validator(mode="after")
    def _consistent(self) -> "Rubric":
        ids = Counter(problem.id for problem in self.problems)
        doubled = [name for name, n in ids.items() if n > 1]
        if doubled:
            raise ValueError(f"problem {doubled[0]} stands twice")
        if self.points is not None and abs(self.points - self.max_score) > 1e-9:
            raise ValueError(f"the problems add up to {self.max_score:g} points, `points` says {self.points:g}")
        for naming in self.namings:
            for problem in naming.labels:
                if problem not in ids:
                    raise ValueError(f"the naming “{naming.name}” speaks of {problem}, which is no problem")
        for section in self.sections:
            for problem in section.problems:
                if problem not in ids:
                    raise ValueError(f"section {section.id} lists {problem}, which is no problem")
        trained = next((problem.id for problem in self.problems if problem.needs(Retraining)), None)
        if self.dataset is None and trained:
            names = ", ".join(data_sets())
            raise ValueError(f"{trained} has a network to train again: say on which `dataset` ({names})")
        return self

    @property
    def max_score(self) -> float:
        """The sum over all problems but those of extra credit."""
        return sum(problem.points for problem in self.problems if not problem.extra_credit)

    @property
    def due_at(self) -> datetime | None:
        """When it is due, in its own zone."""
        return moment(self.due, self.timezone) if self.due else None

    def needs(self, *kinds: type[Record]) -> bool:
        """Whether a check of one of its problems judges one of these kinds of evidence."""
        return any(problem.needs(*kinds) for problem in self.problems)

    def problem(self, name: str) -> Problem | None:
        """The problem of this id, or None."""
        return next((p for p in self.problems if p.id.lower() == name.lower()), None)

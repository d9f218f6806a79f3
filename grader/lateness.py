"""What lateness makes of a grade: from when it was handed in, when it was due, the policy and a person's extension.

Times come from the platform, never from this machine's clock, and are compared in whole seconds.
"""

import math
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from grader.core.errors import RubricError
from grader.core.handin import Handin, Person
from grader.core.late_policy import LatePolicy
from grader.core.outcome import Grade
from grader.core.standing import Lateness
from grader.extensions import Extension
from grader.language.dates import moment, utc
from grader.rubric import Rubric

_MOST_DAYS = 3660  # of lateness: beyond ten years nothing changes any more
_DIFFERS = "What that takes is not the same for all who handed this in: each one's points stand in the gradebook."


def with_due(rubric: Rubric, due: str, timezone: str = "") -> Rubric:
    """The rubric with another due date, as a command or an export states it.

    Raises RubricError where it is none, or has no zone and the rubric knows none.
    """
    timezone = timezone or rubric.timezone
    try:
        moment(due, timezone)
    except ValueError as error:
        raise RubricError(str(error), where=f"the due date of {rubric.id}") from error
    return rubric.model_copy(update={"due": due, "timezone": timezone})


def with_lateness(
    grade: Grade,
    handin: Handin,
    rubric: Rubric,
    extensions: Mapping[Person, Extension] = {},
    person: Person | None = None,
) -> Grade:
    """The grade with what lateness takes of it: for one `person` of those who handed it in, or for a page of all.

    It is as it was where no due date is known; a policy without any is said in its notes. Where members of a group
    differ, each by their own extension and late days, the page of all has nothing taken and says so.
    """
    people = (person,) if person else handin.people
    each = [lateness_of(handin, one, rubric, extensions) for one in people]
    late = each[0] if all(other == each[0] for other in each) else _of_several(each)
    notes = grade.notes
    if late is None and rubric.late and rubric.late.takes:
        marked = " The platform marks it as late." if handin.late else ""
        notes = tuple(dict.fromkeys([*notes, f"No due date is known, so nothing was taken for lateness.{marked}"]))
    return grade.model_copy(update={"late": late, "notes": notes})


def lateness_of(
    handin: Handin, person: Person, rubric: Rubric, extensions: Mapping[Person, Extension] = {}
) -> Lateness | None:
    """How late a hand-in is for one of those who handed it in; None where no due date is known."""
    return lateness(handin.at, handin.late, rubric.due_at, rubric.late, extensions.get(person))


def lateness(
    at: datetime | None,
    platform_late: bool | None,
    due: datetime | None,
    policy: LatePolicy | None = None,
    extension: Extension | None = None,
) -> Lateness | None:
    """How late it is, and which share of the points is kept; None where no due date is known.

    Without a time it is as the platform says: in time, or late by what a person must find out. A person decides as
    well where points would be taken of what the platform counts as in time.
    """
    policy, granted = policy or LatePolicy(), extension or Extension.model_construct()
    moved = _moved(due, granted)
    if moved is None:
        return None
    new = due is None or utc(moved) != utc(due)
    seconds = max(0, (utc(at) - utc(moved)) // timedelta(seconds=1)) if at else 0
    share, used, settled, words = 1.0, 0, True, ""
    if granted.waived:
        words = "Nothing is taken for lateness: it was waived for you."
    elif not policy.takes:
        words = "Nothing is taken for lateness." if seconds or at is None else ""
    elif at is None:
        settled, words = _without_time(platform_late)
    elif not seconds:
        words = "The platform marks it as late, but this due date counts." if platform_late and not new else ""
    else:
        share, used, settled, words = _taken(seconds, moved, policy, granted)
        if platform_late is False and (share < 1 or used):
            share, used, settled = 1.0, 0, False
            words = "The platform counts it as in time: a person decides, and nothing is taken until then."
    reason = f"Reason of the extension: {granted.reason}." if granted.reason and granted.tell_reason else ""
    told = [_when(at, seconds, moved, new=new), words, reason]
    return Lateness(
        due=moved,
        at=at,
        seconds=seconds,
        days_used=used,
        share=share,
        settled=settled,
        why=" ".join(filter(None, told)),
    )


def _moved(due: datetime | None, granted: Extension) -> datetime | None:
    """The due date of one person: never before everybody's."""
    if due is None:
        return granted.due
    if granted.due:
        return max(due, granted.due, key=utc)
    return _after(_days_after(due, granted.days), timedelta(hours=granted.hours))


def _taken(seconds: int, due: datetime, policy: LatePolicy, granted: Extension) -> tuple[float, int, bool, str]:
    """(the share that is kept, the late days used, whether that is settled, why) of what is late by so many seconds."""
    at, free = utc(due) + timedelta(seconds=seconds), _after(due, timedelta(minutes=policy.grace_minutes))
    if at <= utc(free):
        return 1.0, 0, True, f"Nothing is taken within {_number(policy.grace_minutes)} minutes of grace."
    if policy.until_days is not None and at > utc(_days_after(free, policy.until_days)):
        days = _counted(policy.until_days, "day")
        if policy.beyond == "person":
            return 1.0, 0, False, f"That is more than {days}: a person decides, and nothing is taken until then."
        said = f"Nothing counts more than {days} late." if policy.until_days else "Nothing counts that is late."
        return 0.0, 0, True, said
    left = policy.late_days if granted.late_days is None else granted.late_days
    takes = {used: _share_taken(at, free, policy, used) for used in range(min(left, _begun_days(at, free)) + 1)}
    used = min(takes, key=lambda days: (takes[days], days))  # no late day is spent for nothing
    taken = takes[used]
    words = []
    if used:
        words.append(f"{_counted(used, 'late day')} of yours {'is' if used == 1 else 'are'} used, {left - used} left.")
    if taken:
        each = f"{_percent(policy.per_day)} a day" if policy.per_day else f"{_percent(policy.per_hour or 0)} an hour"
        each += f" after {_number(policy.grace_minutes)} minutes of grace" if policy.grace_minutes else ""
        most = f", at most {_percent(policy.at_most)}" if taken >= policy.at_most else ""
        words.append(f"At {each}{most}, {_percent(taken)} of the points earned are taken.")
    return round(1 - taken, 9), used, True, " ".join(words) or "Nothing is taken for lateness."


def _share_taken(at: datetime, free: datetime, policy: LatePolicy, used: int) -> float:
    """What is taken where so many late days are used."""
    if policy.per_day is not None:
        steps, each = _begun_days(at, free) - used, policy.per_day
    else:
        steps, each = math.ceil((at - utc(_days_after(free, used))) / timedelta(hours=1)), policy.per_hour or 0.0
    return min(policy.at_most, round(max(0, steps) * each, 9))


def _begun_days(at: datetime, due: datetime) -> int:
    """How many days have begun between two moments, the first of which is in UTC."""
    days = min(max(0, (at - utc(due)).days - 1), _MOST_DAYS)  # days are 24 hours long, and one is 25
    while days < _MOST_DAYS and at > utc(_days_after(due, days)):
        days += 1
    return days


def _days_after(when: datetime, days: int) -> datetime:
    """The same time of day some days later, and no fewer hours than so many days usually have."""
    if not days:
        return when
    there = when + timedelta(days=days)  # by the clocks of its zone
    return max(there.replace(fold=0), there.replace(fold=1), _after(when, timedelta(days=days)), key=utc)


def _after(when: datetime, by: timedelta) -> datetime:
    return (utc(when) + by).astimezone(when.tzinfo)


def _without_time(platform_late: bool | None) -> tuple[bool, str]:
    """(whether it is settled, why) where nobody knows when it was handed in."""
    if platform_late is None:
        return False, "Whether it was late is not known: nothing is taken, and a person looks."
    if platform_late:
        return False, "The platform marks it as late: a person decides by how much, and nothing is taken until then."
    return True, "The platform says that it was in time."


def _of_several(each: Sequence[Lateness | None]) -> Lateness | None:
    """What is said to all members of a group between whom it differs, without what one of them was granted."""
    known = min(filter(None, each), key=lambda late: utc(late.due))
    when = _when(known.at, int(known.seconds), known.due)
    return Lateness(due=known.due, at=known.at, seconds=known.seconds, settled=False, why=f"{when} {_DIFFERS}")


def _when(at: datetime | None, seconds: int, due: datetime, *, new: bool = False) -> str:
    """When it was handed in, as a sentence."""
    date = f"{due:%Y-%m-%d %H:%M}{'' if due.second in (0, 59) else f':{due:%S}'} {due:%Z}"
    date += " by your extension" if new else ""
    if at is None:
        return f"When this was handed in is not known; it was due on {date}."
    return (
        f"Handed in {_duration(seconds)} late: it was due on {date}." if seconds else f"In time: it was due on {date}."
    )


def _duration(seconds: int) -> str:
    """`1 day 3 hours`: the two largest units that it has."""
    parts = []
    for unit, size in (("day", 86_400), ("hour", 3600), ("minute", 60), ("second", 1)):
        number, seconds = divmod(seconds, size)
        parts += [_counted(number, unit)] if number else []
    return " ".join(parts[:2])


def _counted(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _number(value: float) -> str:
    return f"{value:.6g}"


def _percent(share: float) -> str:
    return f"{_number(round(100 * share, 4))} %"

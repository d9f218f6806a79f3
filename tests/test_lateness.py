"""Lateness: what is taken, of whom, and that nobody is worse off for an extension, a zone or a change of clocks."""

import json
import re
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from ruamel.yaml import YAML
from sample_grade import check, grade_of, problem

from grader.core.errors import RubricError
from grader.core.handin import Handin, Person
from grader.core.late_policy import LatePolicy
from grader.core.outcome import Grade
from grader.core.standing import Lateness
from grader.extensions import Extension, read_extensions
from grader.language.dates import moment
from grader.lateness import lateness, lateness_of, with_due, with_lateness
from grader.report import FORMATS
from grader.rubric import Rubric

ZURICH = "Europe/Zurich"
DUE = moment("2026-11-27", ZURICH)
TEN = {"per_day": 0.1}


def of(policy: dict[str, object] | None, late: str | None, **more: object) -> Lateness:
    """The lateness of what was handed in so much after the due date: `1d 3h`."""
    sizes = {"d": 86_400, "h": 3600, "m": 60, "s": 1}
    at = None
    if late is not None:
        seconds = sum(float(part[:-1]) * sizes[part[-1]] for part in late.split())
        at = DUE.astimezone(UTC) + timedelta(seconds=seconds)
    granted = Extension.model_validate(more["extension"]) if "extension" in more else None
    found = lateness(at, more.get("platform"), DUE, LatePolicy.model_validate(policy) if policy else None, granted)
    assert found is not None
    return found


# what: (policy, how late, share kept, late days used, what the student reads, extension or platform)
SETTLED = {
    "in time": (TEN, "-1s", 1, 0, "In time: it was due on 2026-11-27 23:59 CET.", {}),
    "to the second": (TEN, "0s", 1, 0, "In time", {}),
    "a part of a second": (TEN, "0.9s", 1, 0, "In time", {}),
    "a day and a little": (TEN, "1d 20s", 0.8, 0, "1 day 20 seconds late", {}),
    "a second": (TEN, "1s", 0.9, 0, "1 second late: it was due on 2026-11-27 23:59 CET. At 10 % a day, 10 %", {}),
    "a whole day": (TEN, "1d", 0.9, 0, "1 day late", {}),
    "a begun day": (TEN, "1d 3h", 0.8, 0, "1 day 3 hours late", {}),
    "all gone": (TEN, "30d", 0, 0, "100 % of the points earned are taken", {}),
    "ten years": (TEN, "36500d", 0, 0, "100 %", {}),
    "at most": ({"per_day": 0.1, "at_most": 0.5}, "9d", 0.5, 0, "At 10 % a day, at most 50 %, 50 %", {}),
    "an hour": ({"per_hour": 0.01}, "3h 1s", 0.96, 0, "At 1 % an hour, 4 %", {}),
    "in grace": ({**TEN, "grace_minutes": 15}, "15m", 1, 0, "within 15 minutes of grace", {}),
    "after grace": ({**TEN, "grace_minutes": 15}, "15m 1s", 0.9, 0, "15 minutes 1 second late", {}),
    "grace of the second day": (
        {**TEN, "grace_minutes": 15},
        "1d 10m",
        0.9,
        0,
        "a day after 15 minutes of grace, 10 %",
        {},
    ),
    "late days": ({**TEN, "late_days": 3}, "1d 3h", 1, 2, "2 late days of yours are used, 1 left.", {}),
    "too few late days": ({**TEN, "late_days": 1}, "1d 3h", 0.9, 1, "1 late day of yours is used, 0 left. At", {}),
    "late days before hours": ({"per_hour": 0.01, "late_days": 1}, "1d 2h", 0.98, 1, "At 1 % an hour, 2 %", {}),
    "no late day for nothing": ({**TEN, "at_most": 0.2, "late_days": 1}, "9d", 0.8, 0, "20 %", {}),
    "no policy": (None, "9d", 1, 0, "9 days late: it was due on 2026-11-27 23:59 CET. Nothing is taken", {}),
    "the last of the days": ({**TEN, "until_days": 2}, "2d", 0.8, 0, "2 days late", {}),
    "cut off": ({**TEN, "until_days": 2}, "2d 1s", 0, 0, "Nothing counts more than 2 days late.", {}),
    "cut off with late days": ({**TEN, "until_days": 2, "late_days": 9}, "3d", 0, 0, "Nothing counts more", {}),
    "no lateness at all": ({"until_days": 0}, "1s", 0, 0, "Nothing counts that is late.", {}),
    "days granted": (TEN, "2d 1s", 0.9, 0, "on 2026-11-29 23:59 CET by your extension", {"extension": {"days": 2}}),
    "hours granted": (TEN, "12h", 1, 0, "In time: it was due on 2026-11-28 11:59", {"extension": {"hours": 12}}),
    "granted, and marked": (TEN, "12h", 1, 0, "In time", {"extension": {"hours": 12}, "platform": True}),
    "marked, and in time": (TEN, "-1h", 1, 0, "marks it as late, but this due date counts.", {"platform": True}),
    "waived": (TEN, "9d", 1, 0, "it was waived for you", {"extension": {"waived": True, "reason": "SECRET"}}),
    "a reason told": (TEN, "9d", 1, 0, "ill", {"extension": {"waived": True, "reason": "ill", "tell_reason": True}}),
    "late days left": ({**TEN, "late_days": 5}, "2d", 0.9, 1, "0 left", {"extension": {"late_days": 1}}),
    "no late days left": ({**TEN, "late_days": 5}, "2d", 0.8, 0, "20 %", {"extension": {"late_days": 0}}),
    "in time says the platform": (TEN, None, 1, 0, "The platform says that it was in time.", {"platform": False}),
    "no time, and nothing to take": (None, None, 1, 0, "is not known; it was due", {"platform": True}),
    "no time, and waived": (TEN, None, 1, 0, "waived", {"platform": True, "extension": {"waived": True}}),
}

# what: (policy, how late, what is said, extension or platform); nothing is taken until a person has decided
FOR_A_PERSON = {
    "no time": (TEN, None, "Whether it was late is not known: nothing is taken, and a person looks.", {}),
    "no time, and marked": (TEN, None, "marks it as late: a person decides by how much", {"platform": True}),
    "late, and not marked": (TEN, "1h", "counts it as in time", {"platform": False}),
    "cut off": ({**TEN, "until_days": 2, "beyond": "person"}, "3d", "more than 2 days: a person decides", {}),
}


@pytest.mark.parametrize("name", SETTLED)
def test_what_is_taken(name: str) -> None:
    policy, late, share, used, said, more = SETTLED[name]
    found = of(policy, late, **more)
    assert (found.share, found.days_used, found.settled) == (share, used, True)
    assert said in found.why and "SECRET" not in found.why


@pytest.mark.parametrize("name", FOR_A_PERSON)
def test_what_is_for_a_person(name: str) -> None:
    policy, late, said, more = FOR_A_PERSON[name]
    found = of(policy, late, **more)
    assert (found.share, found.days_used, found.settled) == (1, 0, False)
    assert said in found.why


def test_without_a_due_date_nothing_is_late() -> None:
    assert lateness(DUE, True, None, LatePolicy(per_day=1)) is None
    granted = lateness(DUE, None, None, LatePolicy(per_day=1), Extension(due=DUE - timedelta(hours=1)))
    assert granted is not None and granted.share == 0


# zone, due, handed in (UTC), begun days: in Zurich clocks go forward on 2026-03-29 and back on 2026-10-25
CHANGES = [
    (ZURICH, "2026-10-24 23:59", "2026-10-25T22:59:00Z", 1),  # the day has 25 hours
    (ZURICH, "2026-10-24 23:59", "2026-10-25T22:59:01Z", 2),
    (ZURICH, "2026-03-28 23:59", "2026-03-29T22:59:00Z", 1),  # it has 23, and 24 are a day
    (ZURICH, "2026-03-28 23:59", "2026-03-29T22:59:01Z", 2),
    (ZURICH, "2026-03-28 02:30", "2026-03-29T01:30:00Z", 1),  # the day ends where clocks show nothing
    (ZURICH, "2026-10-24 02:30", "2026-10-25T01:30:00Z", 1),  # clocks show it twice: the second time
    (ZURICH, "2026-10-24 02:30", "2026-10-25T01:30:01Z", 2),
    ("America/Sao_Paulo", "2018-02-17", "2018-02-18T02:59:59Z", 0),  # clocks go back at midnight: 23:59 comes twice
    ("America/Sao_Paulo", "2018-02-17", "2018-02-18T03:00:00Z", 1),
    ("Asia/Kathmandu", "2026-11-27", "2026-11-27T18:14:59Z", 0),
    ("Pacific/Kiritimati", "2026-11-27", "2026-11-27T10:00:00Z", 1),
]


@pytest.mark.parametrize(("zone", "due", "at", "days"), CHANGES)
def test_days_end_at_the_same_time_of_day(zone: str, due: str, at: str, days: int) -> None:
    found = lateness(datetime.fromisoformat(at), None, moment(due, zone), LatePolicy(per_day=0.01))
    assert found is not None and found.share == round(1 - days / 100, 9)


# What holds of every lateness

ZONES = st.sampled_from([ZURICH, "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "UTC", "Africa/Casablanca"])
DUES = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31)).map(lambda at: at.replace(tzinfo=UTC, microsecond=0))
SECONDS = st.one_of(st.integers(-10_000, 10_000), st.integers(-1_000_000, 1_500_000))
SHARES = st.sampled_from([0.0, 0.01, 0.1, 1 / 3, 0.5, 1.0])
COMMON = {"grace_minutes": st.integers(0, 90), "until_days": st.none() | st.integers(0, 12), "late_days": st.just(0)}
STEPS = {**COMMON, "at_most": SHARES, "late_days": st.integers(0, 4)}
POLICIES = st.one_of(
    st.builds(LatePolicy, per_day=SHARES, **STEPS),
    st.builds(LatePolicy, per_hour=SHARES, **STEPS),
    st.builds(LatePolicy, **COMMON),
)


def late_at(seconds: int, due: datetime, policy: LatePolicy, extension: Extension | None = None) -> Lateness:
    found = lateness(due.astimezone(UTC) + timedelta(seconds=seconds), None, due, policy, extension)
    assert found is not None
    return found


@given(DUES, ZONES, POLICIES, SECONDS, st.integers(0, 100_000))
def test_later_is_never_better(due: datetime, zone: str, policy: LatePolicy, seconds: int, more: int) -> None:
    due = due.astimezone(ZoneInfo(zone))
    early, late = late_at(seconds, due, policy), late_at(seconds + more, due, policy)
    assert 0 <= late.share <= early.share <= 1
    assert late.share < 1 or late.days_used >= early.days_used
    assert (early.seconds, early.settled) == (max(0, seconds), True)


EXTENSIONS = st.one_of(
    st.builds(Extension, days=st.integers(1, 9), hours=st.integers(0, 100)),
    st.builds(Extension, hours=st.floats(0.01, 100)),
    st.just(Extension(waived=True)),
)


@given(DUES, ZONES, POLICIES, SECONDS, EXTENSIONS)
def test_an_extension_is_never_worse(due, zone, policy, seconds, extension) -> None:
    due = due.astimezone(ZoneInfo(zone))
    assert late_at(seconds, due, policy, extension).share >= late_at(seconds, due, policy).share


@given(DUES, ZONES, POLICIES, SECONDS, st.integers(-86_400 * 9, 86_400 * 9))
def test_another_due_date_is_never_worse(due, zone, policy, seconds, later) -> None:
    due = due.astimezone(ZoneInfo(zone))
    granted = Extension(due=due.astimezone(UTC) + timedelta(seconds=later))
    assert late_at(seconds, due, policy, granted).share >= late_at(seconds, due, policy).share


@given(DUES, ZONES, ZONES, POLICIES, SECONDS)
def test_the_zone_in_which_a_time_is_written_does_not_matter(due, zone, other, policy, seconds) -> None:
    due = due.astimezone(ZoneInfo(zone))
    at = due.astimezone(UTC) + timedelta(seconds=seconds)
    found = [lateness(at.astimezone(tz), None, due, policy) for tz in (UTC, ZoneInfo(zone), ZoneInfo(other))]
    assert len({(late.seconds, late.share, late.days_used, late.why) for late in found if late}) == 1
    # A due date that states an offset is the same one in the rubric's zone.
    stated = moment(due.isoformat(), zone)
    assert (stated, stated.utcoffset(), stated.tzinfo) == (due, due.utcoffset(), due.tzinfo)


@given(DUES, POLICIES, SECONDS, st.floats(0, 1e4), st.floats(0, 100))
def test_points_after_lateness_lie_between_none_and_all(due, policy, seconds, earned, extra) -> None:
    raw = grade_of(
        problem("1", "A", check("a", "partial", max(earned, 1), earned)),
        problem("2", "B", check("b", points=extra), extra_credit=True),
        max_score=max(earned, 1),
    )
    late = late_at(seconds, due, policy)
    grade = raw.model_copy(update={"late": late})
    assert grade.score == raw.score == earned + extra
    assert 0 <= grade.final <= grade.score + 1e-9
    if late.share == 1:
        assert grade.final == grade.score


@given(st.datetimes(datetime(2001, 1, 1), datetime(2100, 1, 1)), ZONES)
def test_a_date_is_read_as_clocks_show_it_or_refused(local: datetime, zone: str) -> None:
    local = local.replace(second=0, microsecond=0)
    found, why = None, ""
    try:
        found = moment(f"{local:%Y-%m-%d %H:%M}", zone)
    except ValueError as error:
        why = str(error)
    if found is None:
        assert "comes twice" in why or "does not exist" in why
        return
    assert found.astimezone(UTC).astimezone(ZoneInfo(zone)).replace(tzinfo=None) == local
    day = moment(f"{local:%Y-%m-%d}", zone)
    assert found.astimezone(UTC) <= day.astimezone(UTC) and (day + timedelta(seconds=1)).hour == 0


# Dates as they are written

MOMENTS = {
    "2026-11-27": "2026-11-27T23:59:59+01:00",
    "20261127": "2026-11-27T23:59:59+01:00",
    " 2026-11-27  17:00 ": "2026-11-27T17:00:00+01:00",
    "2026-11-27T17:00": "2026-11-27T17:00:00+01:00",
    "2026-07-27 17:00:30": "2026-07-27T17:00:30+02:00",
    "2026-11-27T17:00Z": "2026-11-27T18:00:00+01:00",
    "2026-11-27 17:00:00 -08:00": "2026-11-28T02:00:00+01:00",
    "2018-07-31T23:00:00.000000-07:00": "2018-08-01T08:00:00+02:00",
}
NO_MOMENTS = {
    "27.11.2026": "is no date; write 2026-11-27",
    "Nov 27, 11:59pm": "is no date",
    "2026-02-30": "is no date",
    "": "is no date",
    "2026": "is no date",
    "0026-11-27": "in the year 26",
    "2026-03-29 02:30": "does not exist in Europe/Zurich",
    "2026-10-25 02:30": "comes twice in Europe/Zurich",
}


@pytest.mark.parametrize("text", MOMENTS)
def test_dates(text: str) -> None:
    assert moment(text, ZURICH).isoformat() == MOMENTS[text]


@pytest.mark.parametrize("text", NO_MOMENTS)
def test_what_is_no_date_is_told(text: str) -> None:
    with pytest.raises(ValueError, match=NO_MOMENTS[text]):
        moment(text, ZURICH)


def test_a_day_that_a_zone_left_out() -> None:
    with pytest.raises(ValueError, match="does not exist in Pacific/Apia"):
        moment("2011-12-30", "Pacific/Apia")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("europe/zurich", "did you mean Europe/Zurich"),
        ("Zurich", "did you mean Europe/Zurich"),
        ("Los Angeles", "did you mean America/Los_Angeles"),
        ("Europe", "no IANA name"),
        ("../etc/passwd", "no IANA name"),
        ("localtime", "no IANA name"),
        ("Ünïcode/\x00", "no IANA name"),
    ],
)
def test_a_zone_that_is_none_is_told(name: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        moment("2026-11-27", name)
    with pytest.raises(ValueError, match="has no zone"):
        moment("2026-11-27")


# Extensions

ADA = Person(name="Ada Lovelace", email="ada@uni.edu", id="00123", user="ada")
ALAN = Person(name="Turing, Alan", email="alan@uni.edu", id="124", user="no")
JOSE = Person(name="José Müller", email="jose@uni.edu", id="125", user="jose")
EVE = Person(email="ada@other.edu")
WEI = Person(name="Li Wei", id="126")
OTHER_WEI = Person(name="Li Wei", id="127")
PEOPLE = (ADA, ALAN, JOSE, WEI, OTHER_WEI, EVE, ADA)


def granted(tmp_path, text: str | bytes, **more: object) -> dict[Person, Extension]:
    path = tmp_path / "extensions.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_extensions(path, PEOPLE, **{"timezone": ZURICH, **more})


@pytest.mark.parametrize(
    ("key", "person"),
    [
        ("00123", ADA),
        ("ADA@uni.edu", ADA),
        ("ada", ADA),
        ("Lovelace, Ada", ADA),
        ("Alan Turing", ALAN),
        ("turing, alan", ALAN),
        ("no", ALAN),
        ("124", ALAN),
        ("Jose\u0301 Mu\u0308ller", JOSE),
        ('"JOSÉ  MÜLLER\\u200e"', JOSE),
        ("126", WEI),
    ],
)
def test_a_person_is_called_by_what_tells_them(tmp_path, key: str, person: Person) -> None:
    assert granted(tmp_path, f"{key}: {{days: 2}}\n") == {person: Extension(days=2)}


def test_what_is_granted(tmp_path) -> None:
    found = granted(
        tmp_path,
        b"\xef\xbb\xbf# of the third set\r\nada: &ill {due: 2026-11-30, reason: 0123, tell_reason: yes}\r\n"
        b"'124': {hours: 1.5, late_days: 0}\r\n125: *ill\r\n126:\r\n  waived: true\r\n",
    )
    assert found[ADA].due == moment("2026-11-30", ZURICH) and found[ADA].due.tzinfo == ZoneInfo(ZURICH)
    assert (found[ADA].reason, found[ADA].tell_reason, found[JOSE]) == ("0123", True, found[ADA])
    assert (found[ALAN].hours, found[ALAN].late_days, found[WEI].waived) == (1.5, 0, True)


@pytest.mark.parametrize("text", ["", "\n", "# nobody yet\n\n", b"\xef\xbb\xbf"])
def test_a_file_that_grants_nothing_yet(tmp_path, text: str | bytes) -> None:
    assert granted(tmp_path, text) == {}


# what: (the file, the line that the error names, what it says)
WRONG = {
    "nobody": ("ada: {days: 1}\nadda: {days: 1}\n", 2, "nobody of the class is “adda”; did you mean “ada”?"),
    "several": ("Li Wei: {days: 1}\n", 1, "may be “Li Wei, 126” or “Li Wei, 127”: give an id or an email"),
    "one by two names": ("ada:\n  days: 1\nADA@UNI.EDU:\n  days: 2\n", 3, "is the person of “ada” above"),
    "one key twice": ("ada: {days: 1}\nada: {days: 2}\n", 2, "duplicate key"),
    "unknown key": ("ada:\n  days: 1\n  raeson: ill\n", 3, "unknown key `raeson`. Did you mean `reason`?"),
    "no date": ("ada:\n  due: 30.11.2026\n", 2, "“30.11.2026” is no date"),
    "before everybody's": ("ada:\n  due: 2026-11-20\n", 2, "is before everybody's, 2026-11-27 23:59 CET"),
    "no number": ("ada: {days: many}\n", 1, "`days`: input should be a valid integer"),
    "a negative number": ("ada: {days: -1}\n", 1, "greater than or equal to 0"),
    "no finite number": ("ada: {hours: .inf}\n", 1, "`hours`"),
    "two ways at once": ("ada: {due: 2026-11-30, days: 2}\n", 1, "give either a new `due` date or more"),
    "nothing granted": ("ada: {reason: ill}\n", 1, "this grants nothing"),
    "nothing at all": ("ada:\n", 1, "`ada`"),
    "a list": ("- ada\n", None, "must be a mapping from people"),
    "no YAML": ("ada: [\n", 2, "is not YAML"),
    "a key of many": ("? [a, b]\n: {days: 1}\n", 1, "found ('a', 'b')"),
    "no UTF-8": (b"M\xfcller: {days: 1}\n", None, "is not UTF-8 text"),
}


@pytest.mark.parametrize("name", WRONG)
def test_an_error_names_file_line_and_what_is_wrong(tmp_path, name: str) -> None:
    text, line, said = WRONG[name]
    with pytest.raises(RubricError) as caught:
        granted(tmp_path, text, due=DUE)
    start = f"{tmp_path / 'extensions.yaml'}:" + (f"{line}: " if line else " ")
    assert any(fault.startswith(start) and said in fault for fault in str(caught.value).splitlines()), caught.value


def test_all_faults_of_people_are_told_at_once(tmp_path) -> None:
    with pytest.raises(RubricError, match="(?s)“eve”.*“mallory”.*called by id"):
        granted(tmp_path, "eve: {days: 1}\nmallory: {days: 1}\n")


def test_a_file_for_another_class_is_told_in_a_few_lines(tmp_path) -> None:
    with pytest.raises(RubricError) as caught:
        granted(tmp_path, "".join(f"s{number:05}@other.edu: {{days: 1}}\n" for number in range(5000)))
    assert len(str(caught.value).splitlines()) < 30


def test_the_examples_of_the_page_hold(tmp_path) -> None:
    page = (Path(__file__).parents[1] / "docs" / "lateness.md").read_text()
    policy, extensions = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    rubric = Rubric.model_validate(
        {**RUBRIC.model_dump(), **YAML(typ="safe").load(policy.replace("due: 2026-11-27", "due: '2026-11-27'"))}
    )
    found = granted(tmp_path, extensions, due=rubric.due_at)
    assert list(found) == [ADA, EVE, ALAN, JOSE]
    late = lateness_of(handed_in(ADA), ADA, rubric, {ADA: Extension(late_days=0)})
    assert late and f"“{late.why} 41.5 of 50 points become 33.2.”" in " ".join(page.split())


def test_an_extension_of_the_hour_that_comes_twice() -> None:
    due = moment("2026-10-25T02:30:00+02:00", ZURICH)
    found = lateness(due.astimezone(UTC) + timedelta(hours=1), None, due, LatePolicy(per_day=0.1), Extension(hours=1))
    assert found and (found.share, found.why) == (1, "In time: it was due on 2026-10-25 02:30 CET by your extension.")


def test_a_file_that_is_not_there(tmp_path) -> None:
    with pytest.raises(RubricError, match="can't be read"):
        read_extensions(tmp_path / "none.yaml", PEOPLE)
    with pytest.raises(RubricError, match="can't be read"):
        read_extensions(tmp_path, PEOPLE)


# Grades

RUBRIC = Rubric.model_validate(
    {
        "id": "quiz",
        "title": "A quiz",
        "timezone": ZURICH,
        "due": "2026-11-27",
        "late": {"per_day": 0.1, "late_days": 2},
        "problems": [
            {"id": "1", "title": "A", "points": 50, "checks": [{"type": "manual", "note": "read", "points": 50}]}
        ],
    }
)
RAW = grade_of(problem("1", "A", check("a", "partial", 50, 41.5)))


def handed_in(*people: Person, late: str = "2026-11-29T02:00:00Z", **more: object) -> Handin:
    return Handin.model_validate({"key": "a", "people": people, "at": late, **more})


def test_a_grade_keeps_the_points_before_and_after() -> None:
    grade = with_lateness(RAW, handed_in(ADA), RUBRIC, {ADA: Extension(late_days=0)})
    assert (grade.score, grade.final, grade.max_score) == (41.5, 33.2, 50)
    again = Grade.model_validate_json(FORMATS["json"](grade))
    assert with_lateness(grade, handed_in(ADA), RUBRIC, {ADA: Extension(late_days=0)}) == again == grade
    assert (again.score, again.final) == (41.5, 33.2)


def test_one_without_a_due_date_is_as_it_was() -> None:
    plain = RUBRIC.model_copy(update={"due": "", "late": None})
    assert with_lateness(RAW, handed_in(ADA, late="2026-11-29T02:00:00Z"), plain) == RAW
    assert json.loads(FORMATS["json"](RAW))["late"] is None
    dateless = with_lateness(RAW, handed_in(ADA), RUBRIC.model_copy(update={"due": ""}))
    assert dateless.late is None and "No due date is known" in dateless.notes[0]
    assert with_lateness(dateless, handed_in(ADA), RUBRIC.model_copy(update={"due": ""})) == dateless


def test_each_of_a_group_has_what_was_granted_to_them() -> None:
    group, extensions = handed_in(ADA, JOSE), {JOSE: Extension(days=7, reason="SECRET")}
    ada, jose = (lateness_of(group, person, RUBRIC, extensions) for person in group.people)
    assert ada and jose and (ada.days_used, jose.days_used, jose.seconds) == (2, 0, 0)
    page = with_lateness(RAW, group, RUBRIC, extensions)
    assert page.final == page.score and page.late and not page.late.settled
    assert "not the same for all who handed this in" in page.late.why and "SECRET" not in page.late.why
    assert with_lateness(RAW, group, RUBRIC, extensions, person=JOSE).late == jose
    assert with_lateness(RAW, group, RUBRIC).late == ada


def test_a_due_date_of_the_command() -> None:
    other = with_due(RUBRIC, "2026-11-29 12:00")
    late = lateness_of(handed_in(ADA), ADA, other)
    assert late and late.seconds == 0
    assert with_due(RUBRIC, "2026-11-27", "UTC").due_at == datetime(2026, 11, 27, 23, 59, 59, tzinfo=UTC)
    with pytest.raises(RubricError, match="the due date of quiz: “tomorrow” is no date"):
        with_due(RUBRIC, "tomorrow")


@pytest.mark.parametrize("at", [datetime.min, datetime.max])
@pytest.mark.parametrize("hours", [-14, 14])
def test_a_time_from_the_ends_of_the_calendar(at: datetime, hours: int) -> None:
    found = lateness(at.replace(tzinfo=timezone(timedelta(hours=hours))), None, DUE, LatePolicy(per_day=0.1))
    assert found is not None and found.share == (1 if at.year == 1 else 0)


@given(st.text(max_size=30), st.text(max_size=30))
def test_no_text_in_the_place_of_a_date_or_a_zone_does_harm(date: str, zone: str) -> None:
    assume(zone)
    with pytest.raises(ValueError):  # noqa: PT011  # each has words of its own
        moment(date, zone)


WORDS = [
    "ada",
    "00123",
    "Li Wei",
    "due",
    "days",
    "2026-11-30",
    "1",
    "~",
    "no",
    ".inf",
    "{",
    "}",
    "[",
    "]",
    ": ",
    ",",
    "\n",
    "  ",
]
WORDS += ["- ", "? ", "&a ", "*a", "<<: ", "!!int ", "#", "'", '"', "\t", "|", "\x00", "\ufeff", "\u200e", "é"]


@given(st.lists(st.sampled_from(WORDS), max_size=25).map("".join))
def test_no_text_in_the_place_of_extensions_does_harm(tmp_path_factory, text: str) -> None:
    try:
        found, why = granted(tmp_path_factory.getbasetemp(), text, due=DUE), "extensions.yaml"
    except RubricError as error:
        found, why = {}, str(error)
    assert set(found) <= set(PEOPLE) and "extensions.yaml" in why

"""Dates as a rubric or a file of extensions states them: moments with a zone."""

import re
from datetime import UTC, datetime, time, tzinfo
from difflib import get_close_matches
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

_HINT = "write 2026-11-27 for the end of that day, 2026-11-27 17:00, or 2026-11-27T17:00:00+01:00"
_YEARS = range(2000, 2200)
_OF_THIS_MACHINE = ("localtime", "posixrules", "Factory")  # files that lie among the zones and are none


def zone_named(name: str) -> ZoneInfo:
    """The zone of an IANA name. Raises ValueError with names that are near."""
    known = _zones()
    if known.get(name.lower()) == name:
        return ZoneInfo(name)
    words = name.strip().lower().replace(" ", "_")
    near = [words, *get_close_matches(words, known, n=1), *(zone for zone in known if zone.endswith(f"/{words}"))]
    meant = next((f"did you mean {known[zone]}?" for zone in near if zone in known), "such a name is Europe/Zurich")
    raise ValueError(f"“{name}” is no IANA name of a time zone; {meant}")


@cache
def _zones() -> dict[str, str]:
    """All names by their lower case; looking for them opens hundreds of files."""
    return {zone.lower(): zone for zone in available_timezones() if zone not in _OF_THIS_MACHINE}


def moment(text: str, timezone: str = "") -> datetime:
    """The moment that a date names, in the zone of that name, or at the offset that it states itself.

    A date without a time is the last second of that day. Raises ValueError for what is no date, has no zone, or is
    not one moment, as half past two where clocks are set back at three.
    """
    found, day = _parsed(text)
    zone = zone_named(timezone) if timezone else None
    if found.year not in _YEARS:
        raise ValueError(f"“{text}” is in the year {found.year}")
    if found.tzinfo is not None:
        return found.astimezone(zone) if zone else found
    if zone is None:
        raise ValueError(
            f"“{text}” has no zone: give the rubric a `timezone` such as Europe/Zurich, or state an offset"
        )
    if day:
        found = found.replace(fold=1)  # where clocks are set back at midnight, the day ends the second time
    elif utc(found.replace(tzinfo=zone, fold=0)) != utc(found.replace(tzinfo=zone, fold=1)) and _exists(found, zone):
        raise ValueError(f"“{text}” comes twice in {timezone}, where clocks are set back: add its offset")
    if not _exists(found, zone):
        raise ValueError(f"“{text}” does not exist in {timezone}, where clocks are set forward")
    return found.replace(tzinfo=zone)


def utc(when: datetime) -> datetime:
    """The same moment in UTC, as near as it can be written: Python compares times of one zone by what clocks show."""
    try:
        return when.astimezone(UTC)
    except OverflowError:
        return (datetime.min if when.year == 1 else datetime.max).replace(tzinfo=UTC)


def _parsed(text: str) -> tuple[datetime, bool]:
    """(what is written, whether it is a date alone)."""
    words = " ".join(text.split())
    words = re.sub(r" (?=(?:[+-]\d\d:?\d\d|[Zz])$)", "", words)  # YAML lets an offset stand apart
    try:
        found = datetime.fromisoformat(words)
    except ValueError:
        raise ValueError(f"“{text}” is no date; {_HINT}") from None
    if ":" in words or "T" in words.upper() or " " in words:
        return found, False
    return datetime.combine(found.date(), time(23, 59, 59)), True


def _exists(local: datetime, zone: tzinfo) -> bool:
    """Whether clocks of the zone ever show this."""
    back = utc(local.replace(tzinfo=zone)).astimezone(zone)
    return back.replace(tzinfo=None, fold=0) == local.replace(fold=0)

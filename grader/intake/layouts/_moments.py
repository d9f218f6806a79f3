"""A moment as platforms write it."""

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_MOMENT = re.compile(
    r"\s*(\d{4})-(\d\d?)-(\d\d?)(?:[T ]\s*(\d\d?):(\d\d)(?::(\d\d)(?:[.,](\d{1,12}))?)?)?"
    r"\s*([A-Za-z][\w/+-]{0,40}|[+-]\d\d:?(?:\d\d)?)?\s*"
)
_OFFSET = re.compile(r"([+-])(\d\d):?(\d\d)?")


def moment(text: str) -> datetime | None:
    """The moment, in universal time where no zone is named; None where it can't be told."""
    if not (match := _MOMENT.fullmatch(text)):
        return None
    year, month, day, hour, minute, second, fraction, zone = match.groups()
    try:
        microsecond = int(f"{fraction or 0:0<6}"[:6])
        return datetime(
            int(year),
            int(month),
            int(day),
            int(hour or 0),
            int(minute or 0),
            int(second or 0),
            microsecond,
            _zone(zone),
        )
    except (ValueError, OSError, ZoneInfoNotFoundError):
        return None


def _zone(name: str | None) -> tzinfo:
    if not name or name.upper() in ("Z", "UTC", "GMT"):
        return UTC
    if offset := _OFFSET.fullmatch(name):
        ahead = timedelta(hours=int(offset[2]), minutes=int(offset[3] or 0))
        return timezone(-ahead if offset[1] == "-" else ahead)
    return ZoneInfo(name)

"""Days of the year, as a season begins on one: ``1 July``."""

import re
from datetime import date

from cds.rules.ruleset import YearDay

_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
_DAY = re.compile(r"([0-9]{1,2}) ([A-Z][a-z]{2,8})\Z")
_COMMON_YEAR = 2001


def read_year_day(text: str) -> YearDay | None:
    """``1 July``; None for anything else, and for 29 February, which most years do not have."""
    match = _DAY.match(" ".join(text.split()))
    if match is None or match.group(2) not in _MONTHS:
        return None
    day, month = int(match.group(1)), _MONTHS.index(match.group(2)) + 1
    try:
        date(_COMMON_YEAR, month, day)
    except ValueError:
        return None
    return YearDay(month, day)

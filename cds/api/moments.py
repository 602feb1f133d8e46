"""The moment of decision of a call: the clock's, or the one that a test harness pinned with ``CDS-Now``.

Only with ``CDS_TEST_CLOCK=1`` may a request say what time it is; otherwise the header is refused, so that no client
can make stale evidence look current by mistake.
"""

import re
from datetime import datetime, time
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from cds import clock
from cds.facts.dates import Moment
from cds.hooks.faults import EnvelopeRejected, FieldFault

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}\Z", re.ASCII)
_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,6})?(?:Z|[+-]\d{2}:\d{2})\Z", re.ASCII)


def moment_of_call(environ: "WSGIEnvironment", zone: ZoneInfo, *, test_clock: bool) -> tuple[Moment, bool]:
    """The moment of a request, and whether the request pinned it.

    Raises :class:`EnvelopeRejected` naming ``CDS-Now`` when the header may not be sent or cannot be read.
    """
    asked: str | None = environ.get("HTTP_CDS_NOW")
    if asked is None:
        return Moment(clock.now(), zone), False
    if not test_clock:
        raise _refused("is only taken by a service started with CDS_TEST_CLOCK=1", "business-rule")
    return Moment(read_moment(asked.strip(), zone), zone), True


def read_moment(text: str, zone: ZoneInfo) -> datetime:
    """The instant of a date-time with offset, or the end of a date in ``zone``; years 1900 to 2199."""
    try:
        if _DATE.match(text):
            instant = datetime.combine(datetime.fromisoformat(text).date(), time.max, zone)
        elif _INSTANT.match(text):
            instant = datetime.fromisoformat(text)
        else:
            raise _refused("must be a date, or a date-time with seconds and Z or an offset")
    except ValueError:
        raise _refused("must be a date that exists") from None
    if not 1900 <= instant.year < 2200:  # look-back windows must not run out of the calendar
        raise _refused("must be in the years 1900 to 2199")
    return instant


def _refused(message: str, code: str = "value") -> EnvelopeRejected:
    return EnvelopeRejected((FieldFault("CDS-Now", message, code),))

"""FHIR dates as spans of time, and the moment of decision.

A partial date is a span, never a guess: ``2026-03`` is the whole month.
"""

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Moment:
    """The moment of decision: an aware instant, and the organisation's zone whose calendar days count."""

    instant: datetime
    zone: ZoneInfo

    @property
    def today(self) -> date:
        """The calendar day in the organisation's zone."""
        return self.instant.astimezone(self.zone).date()


@dataclass(frozen=True, slots=True)
class Span:
    """A half-open span of time ``[start, end)`` as aware instants.

    precision: how finely it was recorded: ``year``, ``month``, ``day`` or ``instant``. A period (an encounter, a
        supply) has the precision of its coarser end; ``end`` is ``datetime.max`` (UTC) while it is still open.
    first_day, last_day: the calendar days in the organisation's zone (for a recorded day: that day itself).
    """

    start: datetime
    end: datetime
    precision: str
    first_day: date
    last_day: date

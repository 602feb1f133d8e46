"""The moment at which a case is decided. Pure: nothing here asks what time it is."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from cds.facts.dates import Moment


def moment_of(as_of: str, zone: ZoneInfo) -> Moment | None:
    """A day is its end in the zone (as the header CDS-Now reads it); an instant itself; anything else None."""
    try:
        if len(as_of) == len("2020-01-01"):
            return Moment(datetime.combine(date.fromisoformat(as_of), time.max, zone), zone)
        instant = datetime.fromisoformat(as_of)
    except ValueError:
        return None
    return Moment(instant, zone) if instant.tzinfo is not None else None


def header_of(moment: Moment) -> str:
    """The moment as the header CDS-Now carries it, in UTC."""
    return moment.instant.astimezone(UTC).isoformat().replace("+00:00", "Z")

"""How long a card rests that was shown before: known to cases too, which ask no store. Pure."""

from datetime import datetime, timedelta


def still_rests(rest: timedelta | None, shown_at: datetime, instant: datetime) -> bool:
    """Whether a card that was shown then is still to rest; one shown later than now was not shown."""
    return rest is not None and timedelta() <= instant - shown_at < rest

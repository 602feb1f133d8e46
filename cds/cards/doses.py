"""Doses that do not count by a schedule, in words."""

from cds.rules.judge.values import Unclear
from cds.schedules.forecast import Forecast, Standing

#: What became of a dose, as a clinician reads it.
IN_WORDS: dict[Standing, str] = {
    "counts": "counts",
    "too-young": "given too young",
    "too-old": "given too old",
    "too-soon": "too soon after the dose before",
    "too-soon-after-another": "too soon after another live vaccine",
    "wrong-vaccine": "not a vaccine for this dose",
    "other-sex": "not a vaccine for this sex",
    "not-needed": "the series was complete",
}


def not_counted(course: Forecast | Unclear) -> str:
    """``2001-06-14 (given too young), 2001-07-01 (too soon after the dose before)``; empty where all count."""
    if isinstance(course, Unclear):
        return ""
    left = [judged for judged in course.doses if judged.standing not in ("counts", "not-needed")]
    return ", ".join(f"{judged.dose.day} ({IN_WORDS[judged.standing]})" for judged in left)

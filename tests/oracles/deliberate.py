"""Where the product differs from the measures on purpose: which changes of a record show it, and why."""

import re

from tests.oracles.record import Record
from tests.oracles.stroke import NONELECTIVE, STROKE

_GOES_ON = (
    "A visit that goes on counts, or nobody would be reminded at the first of a year; one without an end is not told "
    "to have left the year."
)
_BEGUN = "What began in the window and has no end was done; the measure waits for an end."
_NO_DAY = "Without a day nobody knows whether it lies in the window: neither due nor done."
_UNKNOWN = "Unknown is not no; care that is on hold or going on is care."
_SUPPLY = "How long a supply lasts is not computed for dementia drugs and contraceptives; missing days are unknown."
_OVER = "Over without an end: nobody knows whether it reached into the window."
_STAY = "A reading belongs to a stay by time, class or type, not by its reference alone."
_DECIDED = (
    ("", r"(open|status) Encounter", _GOES_ON),
    ("", r"open (Observation|Procedure)", _BEGUN),
    ("", r"drop (Observation|Procedure)\.(effective|performed)|drop MedicationRequest\.authoredOn", _NO_DAY),
    ("", r"drop Condition\.onset", "A diagnosis without a begin is not one from before the year, nor one of after it."),
    ("", r"status \w+=(unknown|on-hold|in-progress)", _UNKNOWN),
    ("", r"(drop MedicationRequest\.disp|supply |(date|shift) MedicationRequest)", _SUPPLY),
    ("", r"twice Observation", "Two housing states at one moment are not told apart, also where they are alike."),
    ("", r"gender ", "Sex is the recorded sex, then birth sex, then gender; what contradicts is unknown."),
    ("kidney|hypertension|high-risk", r"clinical |drop Condition\.abatement", _OVER),
    ("high-risk", r"same-set", "What a quantity of a solution holds is not told: the daily dose is unknown."),
    ("prediabetes", r"(date|shift) Observation", "The newest BMI counts, whenever it was taken."),
    (
        "hypertension",
        r"(date|shift) (Encounter|Observation)|class |drop (Encounter\.class|Observation\.encounter)",
        _STAY,
    ),
    ("statin", r"status MedicationRequest=draft", "A reason against the drug counts, whatever became of the order."),
    ("childhood", r"(date|shift) Condition", "An illness before birth is an error of dates, and excuses all the same."),
    ("breast|colorectal", r"other-set Procedure", "A mammogram recorded as a procedure counts."),
)
DELIBERATE = tuple((re.compile(topic), re.compile(change), why) for topic, change, why in _DECIDED)


def reason(topic: str, change: str, record: Record) -> str:
    """Why product and measure may differ there; empty if nothing says so."""
    if any(when[:10] > record.end for when in record.times()):
        return "A date after the day of decision is an error of the record: unknown, not nothing."
    if topic.startswith("stroke") and (not record.conditions(STROKE) or len(record.visits(NONELECTIVE)) != 1):
        return "No claim is read: which stay was for the stroke is asked; a stroke on a claim alone is not seen."
    if topic.startswith("stroke") and change.startswith("delete Claim"):
        return "No claim is read."
    return next((why for t, c, why in DELIBERATE if t.search(topic) and c.match(change)), "")

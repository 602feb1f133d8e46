"""Where the product differs from the measures on purpose: which changes of a record show it, and why."""

import re
from collections.abc import Callable

from tests.oracles.acts import MEDICAL_REASON, refused, whole
from tests.oracles.record import Record, day, plus, prevalence
from tests.oracles.screening import CYTOLOGY, FEMALE, PREGNANCY_TEST
from tests.oracles.stroke import NONELECTIVE, STROKE
from tests.oracles.vitals import ADVICE, DRUGS, IN_MONTHS, IN_WEEKS, REFERRAL, TESTS

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
_NO_UNIT = "A number without its unit is not judged, nor is a result that is missing from a final report."
_PLACE = "Psychotherapy counts at any place; places are not read."
_ANY_BLOCKER = "A reason against any beta blocker counts."
_DECIDED = (
    ("", r"(open|status) Encounter", _GOES_ON),
    ("", r"open (Observation|Procedure)", _BEGUN),
    ("", r"drop (Observation|Procedure)\.(effective|performed)|drop \w+Request\.authoredOn", _NO_DAY),
    ("", r"drop Condition\.onset", "A diagnosis without a begin is not one from before the year, nor one of after it."),
    ("", r"status \w+=(unknown|on-hold|in-progress)", _UNKNOWN),
    ("", r"(drop MedicationRequest\.disp|supply |(date|shift) MedicationRequest)", _SUPPLY),
    ("", r"twice Observation", "Two housing states at one moment are not told apart, also where they are alike."),
    ("", r"gender ", "Sex is the recorded sex, then birth sex, then gender; what contradicts is unknown."),
    ("kidney|hypertension|high-risk|^hf|^cad|dementia", r"clinical |drop Condition\.abatement", _OVER),
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
    ("bmi|^hf|^cad", r"unit none|drop Observation.valueQuantity", _NO_UNIT),
    ("bp-screening", r"doNotPerform", "A step refused without a reason: whether that excuses is unknown."),
    ("bp-screening", r"other-set Observation", "A pressure is read by its own code, whatever its panel is called."),
    ("", r"status Observation=cancelled", "Cancelled without a reason: whether that excuses is unknown."),
    ("tobacco", r"drop Observation.category", "An answer of no kind may be one of the social history."),
    ("^hf|^cad", r"other-set AllergyIntolerance", "An allergy to a product counts as one to its ingredient."),
    ("beta-blocker", r"same-set .*1174", _ANY_BLOCKER),
    ("dementia", r"abated", "Dementia that is marked as over is none at a visit before."),
    ("beta-blocker", r"abated", "A pacer that was taken out is none."),
    ("pharyngitis|uri", r"(date|shift) Condition", "A sore throat counts for 30 days, unless its end is recorded."),
    ("adhd", r"other-set Encounter:.*1055", _PLACE),
    ("concurrent", r"(same-set|date|shift) ", "A diagnosis counts from the day that it began on."),
    ("adt", r"(date|shift) ServiceRequest", "A drug begun after the order for a year is the one that was ordered."),
    ("adt", r"status Observation", "A scan without a day may have been made in time."),
)
DELIBERATE = tuple((re.compile(topic), re.compile(change), why) for topic, change, why in _DECIDED)


def reason(topic: str, change: str, record: Record) -> str:
    """Why product and measure may differ there; empty if nothing says so."""
    if any(when[:10] > record.end for when in record.times()):
        return "A date after the day of decision is an error of the record: unknown, not nothing."
    if topic.startswith("stroke") and change.startswith("delete Claim"):
        return "No claim is read."
    why = next((why for hold, test, why in _BY_RECORD if topic.startswith(hold) and test(record)), "")
    return why or next((why for t, c, why in DELIBERATE if t.search(topic) and c.match(change)), "")


def _refused_for_medicine(record: Record) -> bool:
    return bool(refused(record, (*ADVICE, *TESTS, REFERRAL, IN_WEEKS, IN_MONTHS, DRUGS), (MEDICAL_REASON,)))


def _sex_is_told_twice(record: Record) -> bool:
    told = {FEMALE: "female", "": "unknown"}.get(record.extension_code("us-core-sex"), "male")
    return told != record.patient.get("gender")


def _claims_would_tell(record: Record) -> bool:
    stays = [time for v in record.visits(NONELECTIVE) if (time := whole(v))]
    strokes = [p[0] for c in record.conditions(STROKE) if (p := prevalence(c))]
    return len(stays) != 1 or not any(plus(stays[0][0], -7) <= day(t) <= day(stays[0][1]) for t in strokes)


def _resulted(record: Record) -> bool:
    return bool(record.observations(CYTOLOGY, PREGNANCY_TEST))


#: Topic, what the record must be like, why.
_BY_RECORD: tuple[tuple[str, Callable[[Record], bool], str], ...] = (
    ("bp-screening", _refused_for_medicine, "A medical reason against a step counts like one of the patient."),
    ("breast", _sex_is_told_twice, "Sex is the recorded sex, then birth sex, then gender."),
    ("chlamydia", _sex_is_told_twice, "Sex is the recorded sex, then birth sex, then gender."),
    ("chlamydia", _resulted, "A result is as good a sign as its order."),
    (
        "stroke",
        _claims_would_tell,
        "No claim is read: which stay was for the stroke is asked; a stroke on a claim alone is not seen.",
    ),
)

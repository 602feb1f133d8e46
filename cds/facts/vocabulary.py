"""What attributes of facts can say: a number, yes or no, a time, a reference, or codes; and the code words of FHIR R4.

For checks of rulesets: a test that asks a route for a number, or a criticality for a word that FHIR does not have,
would be decided for nobody. Numbers and times say themselves what they are; codes are told by value sets, or by the
words here.
"""

from collections.abc import Mapping

from cds.facts.statuses import STATUSES
from cds.terminology.products import FORM_CLASSES

#: Attributes that are numbers with a unit.
MEASURED = frozenset(
    {"strength", "daily-dose", "average-daily-dose", "single-dose", "duration", "days-supply", "dose-number"}
)
#: Attributes that are yes or no.
FLAGGED = frozenset({"as-needed"})
#: Attributes that name another resource: recorded or not, the same or another one; nothing else can be asked of them.
REFERRING = frozenset({"encounter", "replaces", "request"})
#: Kinds whose facts have a period of their own, and so a length.
LASTING = frozenset({"observation", "encounter", "current-encounter"})
_VERIFICATION = frozenset({"unconfirmed", "provisional", "differential", "confirmed", "refuted"})
_MEDICATION_CATEGORY = frozenset({"inpatient", "outpatient", "community", "discharge", "patientspecified"})
_MEDICINES = ("medication", "order", "draft", "prescription", "dispense", "administration")
_INTENT = frozenset((
    "proposal", "plan", "directive", "option",
    "order", "original-order", "reflex-order", "filler-order", "instance-order",
))  # fmt: skip
#: Lists that FHIR binds as required, or that are ours: no sender may use another word.
_CLOSED: Mapping[tuple[str, str], frozenset[str]] = {
    ("condition", "clinical-status"): STATUSES["condition"],
    ("condition", "verification"): _VERIFICATION,
    ("allergy", "verification"): frozenset({"unconfirmed", "presumed", "confirmed", "refuted"}),
    ("allergy", "criticality"): frozenset({"low", "high", "unable-to-assess"}),
    ("allergy", "severity"): frozenset({"mild", "moderate", "severe"}),
    ("allergy", "type"): frozenset({"allergy", "intolerance"}),
    ("allergy", "category"): frozenset({"food", "medication", "environment", "biologic"}),
    **{(kind, "form"): FORM_CLASSES for kind in _MEDICINES},
    **{(kind, "intent"): _INTENT for kind in (*_MEDICINES, "service-request", "device-request")},
}
#: Lists that senders may add to: codes of others are told from mistyped names by a capital or a digit.
_OPEN: Mapping[tuple[str, str], frozenset[str]] = {
    **{(kind, "category"): _MEDICATION_CATEGORY for kind in _MEDICINES},
    ("condition", "category"): frozenset({"problem-list-item", "encounter-diagnosis", "health-concern"}),
    ("observation", "category"): frozenset((
        "social-history", "vital-signs", "imaging", "laboratory", "procedure", "survey", "exam", "therapy", "activity",
    )),
    ("encounter", "discharge-disposition"): frozenset((
        "home", "alt-home", "other-hcf", "hosp", "long", "aadvice", "exp", "psy", "rehab", "snf", "oth",
    )),
    ("observation", "interpretation"): frozenset((
        "h", "hh", "hx", "l", "ll", "lx", "n", "a", "aa", "pos", "neg", "ind", "det", "s", "i", "r",
        "u", "d", "b", "w",
    )),
    ("encounter", "class"): frozenset((
        "amb", "emer", "fld", "hh", "imp", "acute", "nonac", "obsenc", "prenc", "ss", "vr",
    )),
    ("observation", "value"): frozenset({"yes", "no"}),
}  # fmt: skip


def words_of(kind: str, attribute: str) -> frozenset[str]:
    """The code words that FHIR has for an attribute of a kind of fact; none where it is told by codes alone."""
    kind = "encounter" if kind == "current-encounter" else kind
    return _CLOSED.get((kind, attribute)) or _OPEN.get((kind, attribute), frozenset())


def may_say(kind: str, attribute: str, word: str) -> bool:
    """Whether a record can have the word there: one of FHIR's, or the code of a list that others may add to."""
    if word.lower() in words_of(kind, attribute):
        return True
    kind = "encounter" if kind == "current-encounter" else kind
    is_code = " " not in word and (word != word.lower() or any(map(str.isdigit, word)))
    return is_code and (kind, attribute) not in _CLOSED

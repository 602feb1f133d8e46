"""Six recommendations on opioids for pain (1, 2, 6, 7, 9 and 10), and the morphine equivalents of a day."""

from collections.abc import Mapping

from tests.oracles.acts import observed, performed
from tests.oracles.record import Json, Record, age_on, codes_of, day, plus

OPIOIDS = "opioid-analgesics-with-ambulatory-misuse-potential"
LONG_ACTING = ("extended-release-opioid-with-ambulatory-misuse-potential", "long-acting-opioids")
TREATMENT = "buprenorphine-and-methadone-medications"
DISORDER = "opioid-misuse-disorders"
PLANS = ("pain-treatment-plan", "pain-management-procedure", "opioid-counseling-procedure")
COUNSELLING = "substance-misuse-behavioral-counseling"
ASSESSMENTS = ("opioid-misuse-assessment-procedure", "opioid-treatment-assessment-procedure")
REVIEWS = ("pdmp-review-procedure", "pdmp-data-reviewed-finding")
URINE = ("all-urine-drug-screening-tests", "urine-drug-screening-tests")
ILLICIT = tuple(n + "-urine-drug-screening-tests" for n in ("cocaine", "phencyclidine", "heroin", "cannabinoid"))
VISITS = tuple("http://snomed.info/sct|" + n for n in ("185463005", "185464004", "185465003", "439740005"))
ENDING = (
    "conditions-likely-terminal-for-opioid-prescribing",
    "limited-life-expectancy-conditions",
    "hospice-finding",
    "cdc-malignant-cancer-conditions",
    "sickle-cell-diseases",
)
OUTSIDE = {"community", "discharge", "outpatient"}


class Call(Record):
    """The record of a call, with what is being ordered, on its day."""

    def __init__(self, case: Json, sets: Mapping[str, frozenset[tuple[str, str]]]) -> None:
        self.day = day(case["asOf"])
        super().__init__({**case, "period": {"start": plus(self.day, -365), "end": self.day}}, sets)
        ordering = case["hook"] != "patient-view"
        drafts = case["request"]["context"].get("draftOrders") if ordering else []
        if isinstance(drafts, dict):
            drafts = [e["resource"] for e in drafts["entry"]] if "entry" in drafts else [drafts]
        self.drafts = [d for d in drafts if d.get("resourceType") == "MedicationRequest"]

    def editions(self, *names: str) -> list[str]:
        """The sets of both editions of the guide that there are."""
        return [n for name in names for n in (name, name + "#2022") if n in self.sets or "|" in n]

    def is_one(self, order: Json, *names: str) -> bool:
        return self.member(self.medicine_codes(order), self.editions(*names))

    def since(self, times: list[str], days: int) -> bool:
        """One of the times lies in the last days."""
        return any(plus(self.day, -days) <= day(t) <= self.day for t in times)

    def asked(self) -> bool:
        """An adult, not at the end of life, without active cancer or sickle cell disease."""
        ill = [c for c in self.conditions(*self.editions(*ENDING)) if _told(c, "clinicalStatus") <= _LIVE]
        sure = [c for c in ill if _told(c, "verificationStatus") <= {"confirmed"}]
        given = performed(self, *self.editions("hospice-procedure", "therapies-indicating-end-of-life-care"))
        return bool(self.birth) and age_on(self.birth, self.day) >= 18 and not sure and not given

    def ordered_opioids(self) -> list[Json]:
        """Drafts for outside a hospital; buprenorphine and methadone for the disorder are no opioids for pain."""
        disorder = self.conditions(*self.editions(DISORDER))
        return [
            d
            for d in self.drafts
            if self.is_one(d, OPIOIDS) and _outside(d) and not (disorder and self.is_one(d, TREATMENT))
        ]

    def used_opioids(self) -> list[Json]:
        own = {d.get("id") for d in self.drafts}
        return [m for m in self.medicines(*self.editions(OPIOIDS), statuses=("active",)) if m.get("id") not in own]


_LIVE = {"active", "recurrence", "relapse"}


def _told(condition: Json, field: str) -> set[str]:
    return {code for _, code in codes_of(condition.get(field))}


def _outside(order: Json) -> bool:
    kinds = {code for category in order.get("category", []) for _, code in codes_of(category)}
    return not kinds or bool(kinds & OUTSIDE)


def _supply(order: Json) -> float | None:
    return ((order.get("dispenseRequest") or {}).get("expectedSupplyDuration") or {}).get("value")


def _long(call: Call) -> bool:
    """Ordered, supplied or recorded for more than 28 days."""
    used = call.used_opioids()
    supplied = any((_supply(o) or 0) > 28 for o in call.ordered_opioids() + used)
    return supplied or any(day(m["authoredOn"]) <= plus(call.day, -29) for m in used if m.get("authoredOn"))


def nonopioid(call: Call) -> bool:
    return call.asked() and bool(call.ordered_opioids()) and not call.used_opioids()


def treatment_plan(call: Call) -> bool:
    made = performed(call, *call.editions(*PLANS, COUNSELLING))
    return call.asked() and bool(call.ordered_opioids()) and _long(call) and not call.since(made, 90)


def duration(call: Call) -> bool:
    orders = [o for o in call.ordered_opioids() if (_supply(o) or 0) > 7 or call.is_one(o, *LONG_ACTING)]
    return call.asked() and bool(orders) and not call.used_opioids()


def evaluation(call: Call) -> bool:
    supplies = [(m["authoredOn"], _supply(m) or 0) for m in call.used_opioids() if m.get("authoredOn")]
    past = [(t, n) for t, n in supplies if day(t) < call.day]
    ninety = sum(n for t, n in past if plus(t, int(n)) >= plus(call.day, -90))
    ten = sum(n for t, n in past if day(t) >= plus(call.day, -10))
    visits = [v["period"]["start"] for v in call.visits(*VISITS) if (v.get("period") or {}).get("start")]
    enough = ninety >= 63 or (ten >= 7 and call.since(visits, 365))
    assessed = performed(call, *call.editions(*ASSESSMENTS), "http://snomed.info/sct|454281000124100")
    return call.asked() and enough and not call.since(assessed, 90)


def monitoring(call: Call) -> bool:
    names = call.editions(*REVIEWS)
    reviewed = performed(call, *names) + [t for t, _ in observed(call, *names)]
    return call.asked() and bool(call.ordered_opioids()) and not call.since(reviewed, 90)


def urine(call: Call) -> bool:
    tests = observed(call, *call.editions(*URINE))
    found = [
        t
        for t, o in observed(call, *call.editions(*ILLICIT))
        if any(code == "POS" for i in o.get("interpretation", []) for _, code in codes_of(i))
    ]
    concerned = bool(call.ordered_opioids() or call.used_opioids())
    due = _long(call) and not call.since([t for t, _ in tests], 365)
    return call.asked() and ((concerned and call.since(found, 365)) or due)


RECOMMENDATIONS = {
    "opioid-nonopioid-alternatives": nonopioid,
    "opioid-treatment-plan-counselling": treatment_plan,
    "opioid-acute-pain-duration": duration,
    "opioid-risk-benefit-evaluation": evaluation,
    "opioid-pdmp-review": monitoring,
    "opioid-urine-drug-screening": urine,
}

"""A trace names what decided a rule: a condition that failed, an exception that holds, a doubt that left it open."""

from cds.authoring import explaining
from cds.rules.judge.tracing import Reading, RuleTrace, trace
from tests.patients import condition, draft, medication_request, observation
from tests.rules.judge.telling import MME, moment, plan_of, record_of, rule, ruleset

TOLD = {
    "low": {"value": "newest", "is": "below 3.5 mmol/L", "says": "low"},
    "newest": {"latest": "lab", "in": "potassium"},
    "diabetic": {"any": "condition", "in": "diabetes"},
    "stroke": {"any": "condition", "in": "stroke"},
    "either": {"any-of": ["diabetic", "stroke"]},
    "neither": {"none-of": ["diabetic", "stroke"]},
    "both": {"all-of": ["low", "either"]},
}
LOW = observation(3.0, "mmol/L", on="2026-04-01", id="k1", loinc="2823-3")


def traced(told, *resources, **how) -> dict[str, RuleTrace]:
    plan = plan_of(told)
    found = trace(plan.parts[0], record_of(plan, *resources, **how), moment())
    return {f"{each.rule.id} {each.subject.reference if each.subject else ''}".strip(): each for each in found.rules}


def one(entries, *resources, unless=(), **how) -> RuleTrace:
    told = ruleset(TOLD, {"told": rule(entries, unless)})
    return traced(told, *resources, **how)["told"]


def decided(found: RuleTrace) -> list[str]:
    return [f"{reading.truth.value} {reading.entry}" for reading in found.decided_by if reading.truth is not None]


def test_a_rule_that_fires_shows_its_conditions_and_needs_no_reason():
    found = one(["low", "either"], LOW, condition(snomed="73211009"))
    assert (found.outcome, found.decided_by) == ("fires", ())
    assert [(reading.definition.name, reading.truth.value) for reading in found.when] == [
        ("low", "holds"),
        ("either", "holds"),
    ]
    assert found.when[0].value.facts[0].reference == "Observation/k1"
    assert [part.definition.name for part in found.when[0].parts] == ["newest"]
    assert found.when[0].parts[0].truth is None


def test_a_silent_rule_names_the_first_condition_that_fails():
    assert decided(one(["diabetic", "stroke", "low"], LOW, condition(snomed="73211009"))) == ["fails stroke"]


def test_of_lists_the_parts_that_decided_are_named():
    assert decided(one(["low", "either"], LOW)) == ["fails diabetic", "fails stroke"]  # any-of fails by all of them
    assert decided(one(["both"], condition(snomed="73211009"))) == ["unknown low"]
    assert decided(one(["neither"], condition(snomed="230690007"))) == ["holds stroke"]
    assert decided(one(["not either"], condition(snomed="230690007"))) == ["holds stroke"]
    assert decided(one(["both"], observation(4.0, "mmol/L", loinc="2823-3"))) == ["fails low"]


def test_an_exception_that_holds_is_the_reason():
    found = one(["low"], LOW, condition(snomed="230690007"), unless=["either"])
    assert (found.outcome, decided(found)) == ("silent", ["holds stroke"])


def test_a_doubt_is_named_with_its_reason():
    found = one(["low"], observation(3.0, "", on="2026-04-01", loinc="2823-3"))
    assert (found.outcome, decided(found)) == ("unknown", ["unknown low"])
    assert found.decided_by[0].value.reasons == ("unreadable:no-unit",)
    found = one(["low", "diabetic"], LOW, unsupplied=["Condition"])
    assert decided(found) == ["unknown diabetic"]
    assert found.decided_by[0].found.more == ("not-supplied:Condition:absent",)


def test_a_prefix_is_judged_as_it_stands():
    found = one(["absent diabetic", "unknown low"], LOW)
    assert decided(found) == ["fails unknown low"]


def test_a_rule_of_another_hook_says_so():
    told = ruleset(TOLD, {"told": rule(["low"], hooks=["patient-view"])})
    assert traced(told, LOW, hook="order-sign")["told"].outcome == "other-hook"


EACH = {
    "opioid": {"any": "order", "in": "opioids"},
    "mme": MME,
    "high": {"for-each": "opioid", "value": "mme", "is": "at least 50 mg/d"},
    "total": {"sum": "mme"},
}


def test_each_subject_has_its_own_trace():
    told = ruleset(EACH, {"told": rule(["high"], for_each="opioid")})
    found = traced(
        told,
        drafts=[
            draft(rxnorm="7052", dose=(30, "mg"), per_day=1, id="o1"),
            draft(rxnorm="7052", dose=(60, "mg"), per_day=1, id="o2"),
        ],
    )
    assert {name: each.outcome for name, each in found.items()} == {
        "told MedicationRequest/o1": "silent",
        "told MedicationRequest/o2": "fires",
    }
    assert decided(found["told MedicationRequest/o1"]) == ["fails high"]
    assert traced(told)["told"].outcome == "no-subject"


def test_a_sum_shows_the_number_of_each_subject():
    told = ruleset(EACH | {"much": {"value": "total", "is": "at least 10 mg/d"}}, {"told": rule(["much"])})
    found = traced(told, drafts=[draft(rxnorm="7052", dose=(30, "mg"), per_day=1, id="o1")])["told"]

    def walk(reading: Reading):
        yield reading
        for part in reading.parts:
            yield from walk(part)

    names = [
        (reading.definition.name, reading.subject and reading.subject.reference) for reading in walk(found.when[0])
    ]
    assert names == [("much", None), ("total", None), ("mme", "MedicationRequest/o1")]


def test_rules_that_the_index_kept_away_are_traced_too():
    told = ruleset(TOLD | {"warfarin": {"any": "medication", "in": "warfarin"}}, {"told": rule(["warfarin", "low"])})
    assert decided(traced(told, LOW)["told"]) == ["fails warfarin"]
    fires = traced(told, LOW, medication_request(rxnorm="11289"))["told"]
    assert fires.outcome == "fires"


def test_a_sum_of_the_patient_shows_every_subject_in_a_rule_about_one_of_them():
    told = ruleset(
        EACH | {"much": {"value": "total", "is": "at least 10 mg/d"}}, {"told": rule(["much"], for_each="opioid")}
    )
    drafts = [draft(rxnorm="7052", dose=(30, "mg"), per_day=1, id=name) for name in ("o1", "o2")]
    found = traced(told, drafts=drafts)["told MedicationRequest/o1"]
    (total,) = found.when[0].parts
    references = [part.subject.reference for part in total.parts if part.subject]
    assert references == ["MedicationRequest/o1", "MedicationRequest/o2"]


def test_what_several_conditions_rest_on_is_one_reading_and_told_once():
    """Two compositions at each of 38 levels, both of both below: a tree of them would have 2 ** 38 ends."""
    told, parts = dict(TOLD), ["diabetic", "stroke"]
    for level in range(38):
        told |= {f"a{level}": {"any-of": parts}, f"b{level}": {"all-of": parts}}
        parts = [f"a{level}", f"b{level}"]
    plan = plan_of(ruleset(told, {"top": rule(["a37", "b37"]), "again": rule(["not b37"])}))
    found = trace(plan.parts[0], record_of(plan, condition(snomed="73211009")), moment())
    top, again = found.rules
    seen = set()

    def walk(reading: Reading):
        if reading not in seen:
            seen.add(reading)
            for part in reading.parts:
                walk(part)

    for reading in (*top.when, *again.when):
        walk(reading)
    assert len(seen) == 2 + 2 * 38 + 1  # two leaves, two compositions a level, and "not b37"
    assert decided(top) == ["fails stroke"]
    lines = list(explaining.lines(found, whole=True))
    assert sum("b0 (" in line and "as above" not in line for line in lines) == 2  # once for each rule
    assert len(lines) < 400
    data = explaining.as_json(found)
    assert str(data).count("'asAbove': True") == sum("(as above)" in line for line in lines)

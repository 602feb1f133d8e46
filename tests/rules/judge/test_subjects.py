"""``for-each``, ``it``, ``that``, ``same`` and pairs: each fact is judged as itself, and the whole as the whole."""

from tests.patients import draft, medication_request, observation
from tests.rules.judge.telling import MME, judged, outcomes, rule, ruleset, verdicts

OPIOIDS = {
    "opioid": {"any": ["medication", "draft"], "in": ["opioids"]},
    "mme": MME,
    "total": {"says": "All", "sum": "mme"},
    "total-50": {"value": "total", "is": "at least 50 mg/d"},
    "this-50": {"for-each": "opioid", "value": "mme", "is": "at least 50 mg/d"},
    "strong": {"any": "opioid", "that": ["this-50"]},
}
MORPHINE_30 = draft("o1", rxnorm="7052", dose=(30, "mg"), per_day=1)
OXYCODONE_20 = medication_request(id="m1", rxnorm="7804", dose=(20, "mg"), per_day=1)


def both(judging, name):
    return {str(s.reference): judging.value(name, s).quantity.interval.low for s in judging.found("opioid", None).sure}


def test_each_subject_has_its_own_number_and_the_sum_has_all():
    judging = judged(OPIOIDS, OXYCODONE_20, drafts=[MORPHINE_30])
    assert both(judging, "mme") == {"MedicationRequest/o1": 30, "MedicationRequest/m1": 30}
    assert judging.truth("total-50").value == "holds"
    assert judging.truth("strong").value == "fails"


def test_a_rule_about_one_drug_sees_the_sum_of_all_drugs():
    told = ruleset(OPIOIDS, {"r": rule(["total-50"], for_each="opioid")})
    assert outcomes(told, OXYCODONE_20, drafts=[MORPHINE_30]) == {
        "r MedicationRequest/m1": "fires",
        "r MedicationRequest/o1": "fires",
    }


def test_the_order_in_which_subjects_and_patient_are_asked_changes_nothing():
    first = judged(OPIOIDS, OXYCODONE_20, drafts=[MORPHINE_30])
    subject = first.found("opioid", None).sure[0]
    asked_for_one = first.value("total", subject)
    assert asked_for_one.quantity.interval.low == 60
    assert first.value("total", None) == asked_for_one


def test_two_facts_that_share_a_reference_are_two_subjects():
    """Some clients give every draft the same id; the record may hold a request by that id as well."""
    morphine_80 = draft("x", rxnorm="7052", dose=(80, "mg"), per_day=1)
    oxycodone_4 = medication_request(id="x", rxnorm="7804", dose=(4, "mg"), per_day=1)
    judging = judged(OPIOIDS, oxycodone_4, drafts=[morphine_80])
    assert sorted(judging.value("mme", s).quantity.interval.low for s in judging.found("opioid", None).sure) == [6, 80]
    assert judging.value("total", None).quantity.interval.low == 86
    assert len(judging.found("strong", None).sure) == 1


def test_two_drafts_of_one_drug_under_one_id_are_both_taken():
    drafts = [
        draft("x", rxnorm="7052", dose=(30, "mg"), per_day=1),
        draft("x", rxnorm="7052", dose=(40, "mg"), per_day=1),
    ]
    judging = judged(OPIOIDS, drafts=drafts)
    assert judging.value("total", None).quantity.interval.low == 70


def test_components_of_one_panel_are_judged_apart():
    panel = observation(id="bp", loinc="85354-9")
    component = [
        {"code": {"coding": [{"system": "http://loinc.org", "code": code}]}, "valueQuantity": value}
        for code, value in (
            ("2823-3", observation(6, "mmol/L")["valueQuantity"]),
            ("8310-5", observation(39, "Cel")["valueQuantity"]),
        )
    ]
    definitions = {
        "result": {"any": "lab", "in": ["potassium", "fever"]},
        "number": {"for-each": "result", "value": "it.value"},
        "hot": {"for-each": "result", "value": "number", "is": "at least 38 Cel"},
        "feverish": {"any": "result", "that": ["hot"]},
    }
    judging = judged(definitions, {**panel, "component": component})
    units = {judging.value("number", s).quantity.unit for s in judging.found("result", None).sure}
    assert units == {"mmol/L", "Cel"}
    assert judging.truth("feverish").value == "holds"


SAME = {
    "ordered": {"any": "order", "in": ["opioids"]},
    "in-use": {"any": ["medication", "draft"], "in": ["opioids"]},
    "twice": {"pair": ["ordered", "in-use"], "same": ["ingredient"]},
    "duplicated": {"for-each": "ordered", "any": "in-use", "same": ["ingredient"]},
}


def test_an_order_is_never_its_own_partner():
    """The same draft is an ``order`` and a ``draft``: two facts, one resource."""
    judging = judged(SAME, drafts=[MORPHINE_30])
    (order,) = judging.found("ordered", None).sure
    assert judging.truth("twice").value == "fails"
    assert judging.truth("duplicated", order).value == "fails"


def test_a_pair_found_both_ways_counts_once():
    drafts = [draft("a", rxnorm="7052"), draft("b", rxnorm="7052")]
    pairs = judged(SAME, drafts=drafts).found("twice", None).sure
    assert [sorted(pair.reference.split()) for pair in pairs] == [["MedicationRequest/a", "MedicationRequest/b"]]


def test_an_order_and_another_drug_under_the_same_id_make_a_pair():
    definitions = {
        "ordered": {"any": "order", "in": ["ibuprofen"]},
        "on-warfarin": {"any": "medication", "in": ["warfarin"]},
        "both": {"pair": ["ordered", "on-warfarin"]},
    }
    record = medication_request(id="x", rxnorm="11289")
    assert judged(definitions, record, drafts=[draft("x", rxnorm="5640")]).truth("both").value == "holds"


def test_a_partner_that_may_be_missing_leaves_a_pair_unknown_and_a_missing_first_does_not():
    unsupplied = ["MedicationRequest", "MedicationStatement", "MedicationDispense", "MedicationAdministration"]
    assert judged(SAME, drafts=[draft("a", rxnorm="7052")], unsupplied=unsupplied).truth("twice").value == "unknown"
    assert judged(SAME, unsupplied=unsupplied).truth("twice").value == "fails"


def test_an_unknown_product_may_share_its_ingredient():
    sets = {"anything": {"rxnorm": {"7052": "morphine", "99999999": "a product that nobody lists"}}}
    definitions = {
        "ordered": {"any": "order", "in": ["anything"]},
        "in-use": {"any": "medication", "in": ["anything"]},
        "twice": {"pair": ["ordered", "in-use"], "same": ["ingredient"]},
        "different": {"pair": ["ordered", "in-use"], "different": ["ingredient"]},
    }
    told = ruleset(definitions, value_sets=sets)
    judging = verdicts(told, medication_request(rxnorm="99999999"), drafts=[draft(rxnorm="7052")]).judging
    assert (judging.truth("twice").value, judging.truth("different").value) == ("unknown", "unknown")


def test_a_finder_that_narrows_another_by_subject_is_judged_for_each_subject():
    definitions = {
        **SAME,
        "partner": {"for-each": "ordered", "any": "in-use", "same": ["ingredient"]},
        "strong-partner": {"any": "partner"},
        "has-partner": {"any-of": ["strong-partner"]},
    }
    told = ruleset(definitions, {"r": rule(["has-partner"], for_each="ordered")})
    drafts = [draft("a", rxnorm="7052"), draft("b", rxnorm="7804")]
    found = outcomes(told, medication_request(id="m", rxnorm="7804"), drafts=drafts)
    assert found == {"r MedicationRequest/b": "fires"}


MEDICATION_TYPES = ["MedicationRequest", "MedicationStatement", "MedicationDispense", "MedicationAdministration"]
ABOUT_USE = {**SAME, "adult": {"age": "now", "is": "at least 18 years"}, "female": {"sex": "female"}}


def test_a_rule_for_each_of_nothing_that_may_be_incomplete_is_unknown():
    told = ruleset(ABOUT_USE, {"r": rule(["adult"], for_each="in-use")})
    assert outcomes(told, unsupplied=MEDICATION_TYPES) == {"r": "unknown"}
    assert outcomes(told) == {}


def test_a_rule_that_cannot_fire_for_this_patient_is_silent_whoever_its_subjects_may_be():
    told = ruleset(ABOUT_USE, {"r": rule(["adult"], ["female"], for_each="in-use")})
    assert outcomes(told, unsupplied=MEDICATION_TYPES, born="2020-01-01", sex="male") == {}
    assert outcomes(told, unsupplied=MEDICATION_TYPES) == {}
    assert outcomes(told, unsupplied=MEDICATION_TYPES, sex="male") == {"r": "unknown"}


def test_facts_in_several_pairs_are_counted_once():
    definitions = {**SAME, "n": {"count": "twice"}}
    drafts = [draft(name, rxnorm="7052") for name in "abc"]
    judging = judged(definitions, drafts=drafts)
    assert len(judging.found("twice", None).sure) == 3
    assert judging.value("n", None).quantity.interval.low == 3

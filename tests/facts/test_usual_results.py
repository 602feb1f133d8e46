"""Nearly all results take a short way through the reader; it must come to what the long one comes to."""

from dataclasses import replace
from unittest.mock import patch

from hypothesis import given, settings
from hypothesis import strategies as st

from cds.facts import resource_types
from tests.facts.reading import POTASSIUM, read
from tests.patients import concept, observation

_STATUSES = st.sampled_from(
    ["final", "FINAL ", "amended", "entered-in-error", "Entered-in-error ", "unknown", "", 1, []]
)
_TIMES = st.sampled_from(
    [
        *("2026-01-01", "2025", "2026-01-05T10:00:00Z", "2026-03-01T11:59:59Z"),
        *("2026-03-01T12:00:01Z", "2027", "yesterday", "", 7, {}),
    ]
)
_CODES = st.sampled_from(
    [
        *(concept(loinc=POTASSIUM), concept(loinc="1-1"), concept("Potassium"), {"coding": [{"code": POTASSIUM}]}),
        *({"coding": {"system": "http://loinc.org", "code": POTASSIUM}}, {"coding": [[], 3]}, {"coding": [{}]}),
        *({"coding": [{"system": ["http://loinc.org"], "code": {}}]}, {"coding": {"system": 1}}, "code", 7, []),
    ]
)
_MORE = {
    "effectivePeriod": st.sampled_from([{"start": "2026-01-01"}, {}, None]),
    "effectiveInstant": st.sampled_from(["2026-01-05T10:00:00Z", None]),
    "component": st.sampled_from([[], None, [{"code": concept(loinc=POTASSIUM)}]]),
    "verificationStatus": st.sampled_from(["refuted", "confirmed", None]),
    "modifierExtension": st.sampled_from([[], None, [{"url": "https://example.org/not"}]]),
    "implicitRules": st.sampled_from(["", None, "https://example.org/our-rules"]),
    "id": st.sampled_from(["l1", "", 3, "x" * 500]),
}
_RESOURCES = st.builds(
    lambda more, status, code: observation(5.0, "mmol/L", loinc=POTASSIUM) | more | {"status": status, "code": code},
    st.fixed_dictionaries({"effectiveDateTime": _TIMES}, optional=_MORE) | st.just({}),
    _STATUSES | st.just("final"),
    _CODES | st.just(concept(loinc=POTASSIUM)),
)


def told(resources):
    record = read(*resources)
    facts = [
        (fact.kind, fact.reference, fact.codings, fact.display, fact.status, fact.when, fact.resource)
        for fact in record.facts.get("observation", ())
    ]
    return facts, record.omissions, record.unmapped


@settings(max_examples=300, deadline=None)
@given(st.lists(_RESOURCES, min_size=1, max_size=3))
def test_a_result_is_read_the_same_by_the_short_way_and_the_long(resources):
    usual = resource_types.RESOURCE_TYPES["Observation"]
    assert usual.read_usual is not None
    long_way = {"Observation": replace(usual, read_usual=None)}
    short = told(resources)
    with patch.dict(resource_types.RESOURCE_TYPES, long_way):
        assert told(resources) == short


def test_a_usual_result_takes_the_short_way():
    usual = resource_types.RESOURCE_TYPES["Observation"]
    resource = observation(5.0, "mmol/L", loinc=POTASSIUM)
    with patch.dict(resource_types.RESOURCE_TYPES, {"Observation": replace(usual, read=lambda _: ())}):
        facts, omissions, _ = told([resource])
    assert [fact[1] for fact in facts] == ["Observation/l1"]
    assert not omissions

import pytest

from cds.fetching.scopes import Coverage, coverage


@pytest.mark.requirement("FHA-05")
@pytest.mark.parametrize(
    ("scope", "reads", "searches"),
    [
        ("patient/Condition.read", Coverage.WHOLE, Coverage.WHOLE),
        ("patient/*.read", Coverage.WHOLE, Coverage.WHOLE),
        ("user/Condition.*", Coverage.WHOLE, Coverage.WHOLE),
        ("system/*.*", Coverage.WHOLE, Coverage.WHOLE),
        ("patient/Condition.write", Coverage.NONE, Coverage.NONE),
        ("patient/Condition.rs", Coverage.WHOLE, Coverage.WHOLE),
        ("patient/*.rs", Coverage.WHOLE, Coverage.WHOLE),
        ("system/*.rs user/Condition.c", Coverage.WHOLE, Coverage.WHOLE),
        ("patient/*.rs?category=laboratory", Coverage.PART, Coverage.PART),
        ("patient/Condition.cruds", Coverage.WHOLE, Coverage.WHOLE),
        ("patient/Condition.r", Coverage.WHOLE, Coverage.NONE),
        ("patient/Condition.s", Coverage.NONE, Coverage.WHOLE),
        ("patient/Condition.cud", Coverage.NONE, Coverage.NONE),
        ("patient/Condition.rs?category=problem-list-item", Coverage.PART, Coverage.PART),
        ("patient/Condition.rs?category=problem-list-item user/Condition.s", Coverage.PART, Coverage.WHOLE),
        ("openid fhirUser launch/patient offline_access vendor:all", Coverage.NONE, Coverage.NONE),
        ("openid\tpatient/Observation.rs  patient/Condition.rs", Coverage.WHOLE, Coverage.WHOLE),
        ("patient/Observation.rs", Coverage.NONE, Coverage.NONE),
        ("patient/ConditionX.rs", Coverage.NONE, Coverage.NONE),
        ("patient/condition.rs", Coverage.NONE, Coverage.NONE),
        ("patient/Condition.sr", Coverage.NONE, Coverage.NONE),
        ("patient/Condition.", Coverage.NONE, Coverage.NONE),
        ("patient/Condition.rs?", Coverage.NONE, Coverage.NONE),
        ("x-patient/Condition.rs", Coverage.NONE, Coverage.NONE),
    ],
)
def test_fha_05_scopes_of_either_smart_version_are_understood(scope, reads, searches):
    assert coverage(scope, "Condition", is_read=True) is reads
    assert coverage(scope, "Condition", is_read=False) is searches

"""Which version answers: the highest in range that is effective that day; what has none is named, never silent."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds.documents.problem import Location
from cds.services.catalogue import Service
from cds.services.ranges import read_range
from cds.services.selection import all_active, select
from tests.services.versions import catalog, version

DAY = date(2024, 6, 1)


def service(hook: str = "order-sign", **ranges: str) -> Service:
    return Service("s", hook, "T", "D", {name: read_range(text) for name, text in ranges.items()}, Location("f"))


def selected(service, versions, day):
    """As things stand where nothing was activated: every version in range is active."""
    return select(all_active(service, versions), day)


def chosen(selection) -> list[str]:
    return [selection.active[name].address for name in selection.names if name in selection.active]


def missing(selection) -> tuple[str, ...]:
    return tuple(name for name in selection.names if name not in selection.active)


def test_the_highest_effective_version_in_range_answers():
    versions = catalog(version("1.0.0"), version("1.9.0"), version("1.10.0"), version("2.0.0"))
    assert chosen(selected(service(example="*"), versions, DAY)) == ["example@2.0.0"]
    assert chosen(selected(service(example="<2.0.0"), versions, DAY)) == ["example@1.10.0"]
    assert chosen(selected(service(example="=1.0.0"), versions, DAY)) == ["example@1.0.0"]


def test_a_version_that_is_not_effective_yet_leaves_the_one_before():
    versions = catalog(version("1.0.0", "2016-03-15", "2022-11-04"), version("2.0.0", "2022-11-04"))
    for day, expected in [("2022-11-03", ["example@1.0.0"]), ("2022-11-04", ["example@2.0.0"]), ("2016-03-14", [])]:
        assert chosen(selected(service(example="*"), versions, date.fromisoformat(day))) == expected


def test_a_gap_between_versions_is_named_and_not_bridged():
    versions = catalog(
        version("1.0.0", "2016-01-01", "2020-01-01"), version("2.0.0", "2021-01-01"), version("1.0.0", name="other")
    )
    selection = selected(service(example="*", other="*"), versions, date(2020, 6, 1))
    assert (chosen(selection), missing(selection)) == (["other@1.0.0"], ("example",))


def test_nothing_effective_at_all_is_named():
    selection = selected(service(example="*"), catalog(version("1.0.0", "2030-01-01")), DAY)
    assert (chosen(selection), missing(selection)) == ([], ("example",))


def test_rulesets_answer_in_the_order_of_services_yaml():
    versions = catalog(version("1.0.0", name="a"), version("1.0.0", name="b"), version("1.0.0", name="c"))
    assert chosen(selected(service(c="*", a="*", b="*"), versions, DAY)) == ["c@1.0.0", "a@1.0.0", "b@1.0.0"]


def test_a_version_without_the_hook_does_not_answer():
    versions = catalog(version("1.0.0", hooks=["patient-view"]))
    assert missing(selected(service(example="*"), versions, DAY)) == ("example",)


SPANS = st.lists(st.tuples(st.integers(0, 400), st.integers(1, 400) | st.none()), min_size=1, max_size=5)


@given(SPANS, st.integers(0, 900), st.sampled_from(["*", ">=2.0.0", "<3.0.0", "=1.0.0"]))
def test_the_choice_is_that_of_the_definition(spans, offset, bounds):
    start = date(2020, 1, 1)
    versions = []
    for number, (begins, lasts) in enumerate(spans, 1):
        until = start + timedelta(days=begins + lasts) if lasts else None
        versions.append(version(f"{number}.0.0", str(start + timedelta(days=begins)), until and str(until)))
    day = start + timedelta(days=offset)
    fitting = [v for v in versions if read_range(bounds).admits(v.version) and v.effective.covers(day)]
    selection = selected(service(example=bounds), catalog(*versions), day)
    assert chosen(selection) == [v.address for v in fitting[-1:]]
    assert bool(missing(selection)) == (not fitting)


@pytest.mark.parametrize("day", [date.min, date.max])
def test_the_ends_of_the_calendar_are_days(day):
    assert missing(selected(service(example="*"), catalog(version("1.0.0", "0001-01-01")), day)) == ()

"""Catalogues told in one line: versions of rulesets with their days and hooks, no file read."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from functools import cache

from cds.rules.catalog.load import Catalog, version_key
from cds.rules.ruleset import Effective, Ruleset
from tests.rules.source.written import RULESET, read


@cache
def _example() -> Ruleset:
    ruleset, _ = read(RULESET)
    assert ruleset is not None
    return ruleset


def version(
    number: str,
    start: str = "2020-01-01",
    until: str | None = None,
    *,
    name: str = "example",
    hooks: Iterable[str] = ("order-sign",),
) -> Ruleset:
    """One version, effective from a day until the day before another."""
    days = Effective(date.fromisoformat(start), date.fromisoformat(until) if until else None)
    return replace(_example(), name=name, version=number, effective=days, hooks=frozenset(hooks), status="published")


def catalog(*versions: Ruleset) -> Catalog:
    """A catalogue as loading leaves it: highest version first."""
    names = dict.fromkeys(each.name for each in versions)
    return Catalog(
        {n: tuple(sorted((v for v in versions if v.name == n), key=version_key, reverse=True)) for n in names}, {}
    )

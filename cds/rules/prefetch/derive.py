"""Prefetch templates derived from the rules of a service (SETTLED "Hooks, services, orders, prefetch").

One template per resource type that a reachable definition reads; a look-up by code where it stays short enough for a
client's URL. No date filter, no count: windows are judged here.
"""

import re
from collections.abc import Iterable, Iterator
from urllib.parse import quote

from cds.hooks.prefetch import Template
from cds.rules.definition import Change, Count, Find, Pick
from cds.rules.judge.absence import RESOURCE_TYPES
from cds.rules.references import kinds_of, reachable
from cds.rules.ruleset import Ruleset
from cds.terminology.coding import Coding

MAX_QUERY = 1500
_PARTING = re.compile(r"[\\$,|]")
#: Resource types whose search by code is reliable: a result is filed under the code that the rules name. Drugs are
#: filed under products, problems under more specific codes than a URL can hold.
_BY_CODE = frozenset({"Observation"})
_SORT = {"Observation": "&_sort=-date", "MedicationRequest": "&_sort=-authoredon"}

#: Where the orders are that order-dispatch names by reference only. Their token is a list that a client would have to
#: join (CDS Hooks 3.0), so all are asked for.
_BY_REFERENCE = ("MedicationRequest", "ServiceRequest")

PATIENT = Template("Patient", "Patient", "Patient/{{context.patientId}}", is_read=True)


def derive_templates(rulesets: Iterable[Ruleset], hook: str = "") -> tuple[Template, ...]:
    """The templates of a service at a hook: the patient, then one per resource type in alphabetical order.

    Only what rules that answer at the hook rest on is asked for; without a hook, what any rule rests on.
    """
    wanted: dict[str, set[Coding] | None] = {}
    for ruleset, name in _reading(rulesets, hook):
        for resource_type, codings in _needs(ruleset, name, hook):
            _want(wanted, resource_type, codings)
    return (PATIENT, *(_template(name, wanted[name]) for name in sorted(wanted)))


def needed_for(rulesets: Iterable[Ruleset], hook: str) -> dict[str, dict[str, tuple[str, ...]]]:
    """Why each template but the patient's is there: by its key, by the address of a ruleset, the definitions."""
    found: dict[str, dict[str, list[str]]] = {}
    for ruleset, name in _reading(rulesets, hook):
        for resource_type in dict.fromkeys(resource_type for resource_type, _ in _needs(ruleset, name, hook)):
            found.setdefault(resource_type, {}).setdefault(ruleset.address, []).append(name)
    return {key: {address: tuple(names) for address, names in found[key].items()} for key in sorted(found)}


def _reading(rulesets: Iterable[Ruleset], hook: str) -> Iterator[tuple[Ruleset, str]]:
    return ((ruleset, name) for ruleset in rulesets for name in sorted(reachable(ruleset, hook=hook)))


def _needs(ruleset: Ruleset, name: str, hook: str) -> Iterator[tuple[str, set[Coding] | None]]:
    """The resource types that a definition reads facts from, and by which codes."""
    clause = ruleset.definitions[name].clause
    if not isinstance(clause, (Find, Pick, Count, Change)) or not clause.source.kinds:
        return
    codings = _codings(ruleset, clause.source.filters.in_sets)
    for kind in sorted(kinds_of(ruleset, clause.source)):
        by_reference = _BY_REFERENCE if hook == "order-dispatch" and kind in ("order", "draft") else ()
        for resource_type in (*RESOURCE_TYPES[kind], *by_reference):
            yield resource_type, codings


def _codings(ruleset: Ruleset, names: tuple[str, ...]) -> set[Coding] | None:
    return {coding for name in names for coding in ruleset.value_sets[name].rows} if names else None


def _want(wanted: dict[str, set[Coding] | None], resource_type: str, codings: set[Coding] | None) -> None:
    if codings is None or resource_type not in _BY_CODE:
        wanted[resource_type] = None
    elif wanted.get(resource_type, codings) is not None:
        wanted[resource_type] = (wanted.get(resource_type) or set()) | codings


def _escaped(text: str) -> str:
    """FHIR R4, search, "Escaping Search Parameters": these part values, unless a backslash stands before them."""
    return _PARTING.sub(r"\\\g<0>", text)


def _template(resource_type: str, codings: set[Coding] | None) -> Template:
    base = f"{resource_type}?patient={{{{context.patientId}}}}"
    codes = ",".join(f"{_escaped(c.system)}|{_escaped(c.code)}" for c in sorted(codings)) if codings else ""
    by_code = f"{base}&code={quote(codes, safe=':/|,-.')}{_SORT.get(resource_type, '')}"
    if codes and len(by_code) <= MAX_QUERY:
        return Template(resource_type, resource_type, by_code)
    return Template(resource_type, resource_type, base + _SORT.get(resource_type, ""))

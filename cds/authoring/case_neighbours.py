"""Cases that differ from one that exists in one thing: a fact more or less, a kind not supplied, another hook.

Pure. Whether such a case is any use, only judging it tells.
"""

from collections.abc import Iterator

from cds.authoring.case_facts import DRAFT_KINDS, FACT_KINDS, SOURCES
from cds.authoring.case_knobs import AMOUNT
from cds.authoring.case_request import DRAFT_MEMBERS
from cds.authoring.case_telling import HERE, facts_in, kind_of, text, with_facts, with_key
from cds.authoring.cases import CaseRun, run_of
from cds.documents.yaml_tree import Items, Node, Table, Text
from cds.rules.definition import Change, Count, Find, Pick, Source
from cds.rules.references import kinds_of
from cds.rules.ruleset import Ruleset
from cds.terminology.coding import SYSTEM_NAMES

_NAMES = {uri: name for name, uri in SYSTEM_NAMES.items()}
_STATUSES = {
    "condition": ("resolved", "inactive"),
    "medication": ("stopped", "completed", "on-hold"),
    "prescription": ("stopped", "completed"),
    "procedure": ("not-done",),
    "immunization": ("not-done",),
    "lab": ("preliminary",),
}


def neighbours(run: CaseRun, ruleset: Ruleset) -> Iterator[tuple[str, CaseRun]]:
    """Cases that differ in one thing, with what differs, in the author's words."""
    for what, told in _told_otherwise(run, ruleset):
        made = run_of(told, run, run.name)
        if made is not None and made.hook in ruleset.hooks:
            yield what, made


def _told_otherwise(run: CaseRun, ruleset: Ruleset) -> Iterator[tuple[str, Table]]:
    told, facts = run.told, facts_in(run.told)
    kinds = _kinds_read(ruleset)
    for kind in sorted(kinds & SOURCES.keys()):
        others = [item for item in facts if not _is_of(item, kind)]
        less = with_facts(told, others) if len(others) < len(facts) else told
        yield f"{kind} not supplied", with_key(less, "not-supplied", Items((text(kind),), HERE))
    for kind in sorted(kinds & FACT_KINDS.keys()):
        broken = Items((text(kind),), HERE)
        yield f"an unreadable {kind}", with_key(told, "unreadable", broken)
        others = [item for item in facts if kind_of(item) != kind]
        if len(others) < len(facts):
            yield f"its {kind} unreadable", with_key(with_facts(told, others), "unreadable", broken)
    for number, item in enumerate(facts):
        rest = [*facts[:number], *facts[number + 1 :]]
        yield f"without its {kind_of(item)}", with_facts(told, rest)
        for what, other in _facts_otherwise(item):
            yield f"its {kind_of(item)} {what}", with_facts(told, [*facts[:number], other, *facts[number + 1 :]])
    yield from _patients_otherwise(told)
    for kind, system, code in _codes_read(ruleset):
        yield f"with {kind} {code}", with_facts(told, [*facts, _fact(kind, system, code)])
    for hook in sorted(ruleset.hooks - {run.hook}):
        keeps = hook in DRAFT_MEMBERS
        left = facts if keeps else [item for item in facts if kind_of(item) not in DRAFT_KINDS]
        other = told if len(left) == len(facts) else with_facts(told, left)
        yield f"at {hook}", with_key(other, "hook", text(hook))


def _is_of(item: Node, kind: str) -> bool:
    """Whether a fact would come from where ``kind`` comes from."""
    about = FACT_KINDS.get(kind_of(item))
    return about is not None and kind_of(item) not in DRAFT_KINDS and about.resource_type in SOURCES[kind]


def _facts_otherwise(item: Node) -> Iterator[tuple[str, Node]]:
    """One fact told otherwise: undated, without a unit, of another status."""
    if not (isinstance(item, Table) and item.entries and isinstance(keys := item.entries[0][1], Table)):
        return
    kind = item.entries[0][0]

    def but(key: str, value: str) -> Node:
        return Table(((kind, with_key(keys, key, text(value))),), HERE)

    for key in ("on", "start"):
        if keys.get(key) is not None:
            yield "undated", but(key, "not recorded")
    value = keys.get("value")
    if isinstance(value, Text) and (match := AMOUNT.match(value.text)) and match["unit"]:
        yield "without a unit", but("value", match["number"])
        yield "without a value", but("value", "not recorded")
        yield "told as a range above", but("value", f">{match['number']}{match['unit']}")
        yield "told as a range below", but("value", f"<{match['number']}{match['unit']}")
    if keys.get("daily-dose") is not None:
        yield "without a dose", but("daily-dose", "not recorded")
    for word in _STATUSES.get(kind.text, ()):
        yield f"{word}", but("status", word)


def _patients_otherwise(told: Table) -> Iterator[tuple[str, Table]]:
    patient = told.get("patient")
    table = patient if isinstance(patient, Table) else Table((), HERE)
    for key, value in (
        ("born", "not recorded"), ("sex", "not recorded"), ("sex", "male"), ("sex", "female"), ("deceased", "yes"),
        ("deceased", "no"), ("born", "10 years ago"), ("born", "45 years ago"), ("born", "85 years ago"),
    ):  # fmt: skip
        yield f"patient {key} {value}", with_key(told, "patient", with_key(table, key, text(value)))


def _kinds_read(ruleset: Ruleset) -> frozenset[str]:
    kinds: set[str] = set()
    for definition in ruleset.definitions.values():
        if isinstance(definition.clause, Find | Pick | Count | Change):
            kinds |= kinds_of(ruleset, definition.clause.source)
    return frozenset(kinds)


def _codes_read(ruleset: Ruleset) -> list[tuple[str, str, str]]:
    """For each kind and value set that some definition reads, its first code of each system."""
    found: dict[tuple[str, str, str], None] = {}
    for definition in ruleset.definitions.values():
        if not isinstance(definition.clause, Find | Pick | Count | Change):
            continue
        source: Source = definition.clause.source
        for name in source.filters.in_sets:
            first: dict[str, str] = {}
            for coding in ruleset.value_sets[name].rows:
                first.setdefault(coding.system, coding.code)
            for system, code in sorted(first.items()):
                found |= {(kind, system, code): None for kind in sorted(kinds_of(ruleset, source) & FACT_KINDS.keys())}
    return list(found)


def _fact(kind: str, system: str, code: str) -> Node:
    entries = [(text(_NAMES.get(system, system)), text(code))]
    if kind not in DRAFT_KINDS:
        entries.append((text("on"), text("10 days ago")))
    return Table(((text(kind), Table(tuple(entries), HERE)),), HERE)

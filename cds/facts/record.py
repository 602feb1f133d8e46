"""One patient's record out of the resources of a request: the flow of this package.

After ``hooks`` (which says what was supplied) and before ``rules``. Each resource is looked at once: whose is it,
which codes has it, can any rule read one of them. Only then is it read. What cannot be read becomes an omission,
never nothing; a mix of two patients raises :class:`WrongPatient` and nothing is judged.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from operator import attrgetter
from typing import Any

from cds.facts.chart import Chart
from cds.facts.codes import codebook
from cds.facts.dates import Moment
from cds.facts.drafts import KINDS as DRAFT_KINDS
from cds.facts.drafts import Desk, dispatched_orders, read_drafts, surroundings_of
from cds.facts.fact import Fact, Omission, Record, Vocabulary
from cds.facts.patient import read_patient
from cds.facts.references import Medications, Subject
from cds.facts.wrong_patient import WrongPatient
from cds.hooks.prefetch import Supplied, Supply, Template

__all__ = ["WrongPatient", "read_record"]

_LONG_AGO = datetime.min.replace(tzinfo=UTC)


def read_record(
    *,
    hook: str,
    patient_id: str,
    encounter_id: str | None,
    drafts: Sequence[Mapping[str, Any]],
    selections: frozenset[str] | None,
    supplied: Sequence[Supplied],
    vocabulary: Vocabulary,
    moment: Moment,
    stated: Sequence[Mapping[str, Any]] = (),
    dispatched: frozenset[str] | None = None,
) -> Record:
    """The patient's record at ``moment``, as far as the vocabulary can read it.

    ``drafts`` are the draft orders of the context, ``selections`` the references chosen at order-select, ``stated``
    what else the context holds of the record, ``dispatched`` the references of order-dispatch, ``supplied`` one entry
    per prefetch template. Raises :class:`WrongPatient` if a draft or the prefetched Patient
    is of another patient; nothing else in a resource makes it raise.
    """
    if stated:
        supplied = (*_stated(stated), *_without(stated, supplied))
    subject = Subject(patient_id, supplied)
    lost: tuple[Omission, ...] = ()
    if dispatched is not None:
        drafts, lost = dispatched_orders(dispatched, supplied, subject)
    patient, unread = read_patient(supplied, subject, moment)
    book, pool = codebook(vocabulary), Medications(supplied, drafts)
    desk = Desk(hook, selections, subject, book, pool, moment, not DRAFT_KINDS.isdisjoint(vocabulary.open_kinds))
    drafted = read_drafts(drafts, desk)
    chart = Chart(
        subject=subject,
        book=book,
        medications=pool,
        moment=moment,
        around=surroundings_of(drafts, encounter_id, selections),
        open_kinds=vocabulary.open_kinds,
    )
    chart.read_all(supplied)
    chart.keep((*drafted.found, *lost, *unread))
    chart.unmapped.update(drafted.unmapped)
    return Record(
        patient=patient,
        hook=hook,
        facts=_arranged(chart.standing()),
        omissions=tuple(sorted(chart.omissions, key=_omission_order)),
        unsupplied=_unsupplied(supplied) | chart.unsupplied,
        unmapped=tuple(sorted(chart.unmapped)),
    )


def _stated(resources: Iterable[Mapping[str, Any]]) -> Iterable[Supplied]:
    """What a context holds of the record, as if a template had asked for each: it is read as the rest is."""
    for resource in resources:
        name = resource["resourceType"]
        yield Supplied(Template("context", name, ""), Supply.DATA, (resource,))


def _without(stated: Iterable[Mapping[str, Any]], supplied: Iterable[Supplied]) -> Iterable[Supplied]:
    """The supply without older copies of what the context holds: what is being recorded now is what counts."""
    now = {(resource["resourceType"], resource["id"]) for resource in stated if isinstance(resource.get("id"), str)}
    for supply in supplied:
        kept = tuple(r for r in supply.resources if (r.get("resourceType"), _identity(r)) not in now)
        yield supply if len(kept) == len(supply.resources) else replace(supply, resources=kept)


def _identity(resource: Mapping[str, Any]) -> str | None:
    identity = resource.get("id")
    return identity if isinstance(identity, str) else None


def _omission_order(omission: Omission) -> tuple[str, str, list[str]]:
    return omission.reference, omission.reason, sorted(omission.kinds)


def _arranged(facts: Iterable[Fact]) -> dict[str, tuple[Fact, ...]]:
    """By kind; newest first, then by reference, undated last."""
    kinds: dict[str, list[Fact]] = defaultdict(list)
    for fact in sorted(facts, key=attrgetter("reference")):
        kinds[fact.kind].append(fact)
    for found in kinds.values():
        if len(found) > 1:
            found.sort(key=_begun, reverse=True)
    return {kind: tuple(found) for kind, found in kinds.items()}


def _begun(fact: Fact) -> datetime:
    return _LONG_AGO if fact.when is None else fact.when.start


def _unsupplied(supplied: Sequence[Supplied]) -> dict[str, str]:
    return {s.template.resource_type: _shortfall(s) for s in supplied if _shortfall(s)}


def _shortfall(supply: Supplied) -> str:
    """Why a template's supply proves nothing absent; empty if it does."""
    if supply.state is Supply.DATA:
        return ""
    if supply.state is not Supply.NULL:
        return str(supply.state.value)
    # A null read is "not supplied"; so is a null for a token that the client may not have understood (SETTLED).
    understood = "{{" not in supply.template.query.replace("{{context.", "")
    return "" if understood and not supply.template.is_read else "null"

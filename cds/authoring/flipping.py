"""What would change the answer to a request: the smallest changes of its record, and what of it is worth obtaining.

The search space is stated and finite: one fact of the prefetch left out; one number or date of a fact (or the date of
birth) turned, to the very step where the answer changes, never beyond today; one fact added, of those that the cases of
the ruleset tell; and where none of these changes it, two facts left out together. Whatever is told was judged. Numbers
and dates are tried at fixed distances, then halved: an answer that differs only between two of them is not seen.
"""

import copy
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import combinations
from typing import Any

from cds.authoring.case_facts import DRAFT_KINDS, FactReader
from cds.authoring.case_finding import IsLate
from cds.authoring.case_telling import HERE, facts_in
from cds.authoring.case_writing import fact_text
from cds.authoring.cases import CaseRun
from cds.documents.yaml_tree import Items
from cds.facts.dates import Moment
from cds.rules.source.reader import Reader
from cds.terminology.coding import Coding

Json = dict[str, Any]
#: The rules that are shown, each with what it is about.
Said = frozenset[tuple[str, str]]
#: What a code means, "" where nobody says.
NameOf = Callable[[Coding], str]
#: The codes that say the same to the ruleset as one: those of a value set with it.
AlikeOf = Callable[[Coding], frozenset[str]]
#: None where a request cannot be judged.
Judge = Callable[[Json], Said | None]
_FACTORS = tuple(
    map(Decimal, ("0.1", "0.25", "0.5", "0.7", "0.8", "0.9", "0.95", "1.05", "1.1", "1.2", "1.5", "2", "3", "10"))
)
_DAYS = (1, 7, 14, 30, 60, 90, 180, 365, 730, 1827, 3653)
_DATES = ("effectiveDateTime", "authoredOn", "performedDateTime", "onsetDateTime", "occurrenceDateTime", "birthDate")
_FINER = 2


@dataclass(frozen=True, slots=True)
class Flip:
    """One change, and what is said after it. size: how many facts it changes. shift: how far, as a share or in days."""

    what: str
    size: int
    shift: float
    said: Said


@dataclass(frozen=True, slots=True)
class Telling:
    """A fact that could be on record: its kind, code and what that means, as a case tells it, and as FHIR.

    alike: the codes under which it would be on record as well.
    """

    kind: str
    code: str
    name: str
    told: str
    resource: Json
    alike: frozenset[str] = frozenset()


#: Kind, resource type, code, and what the code means, "" where nobody says.
Item = tuple[str, str, str, str]


@dataclass(frozen=True, slots=True)
class Worth:
    """A fact that the request lacks: told in two ways, two answers. item: kind, code and what it means."""

    item: str
    resource_type: str
    code: str
    first: tuple[str, Said]
    second: tuple[str, Said]
    answers: int


@dataclass(frozen=True, slots=True)
class Searched:
    """flips: the smallest first. was_cut: time ended the search before all was tried."""

    said: Said
    flips: tuple[Flip, ...]
    worth: tuple[Worth, ...]
    was_cut: bool


def search(  # noqa: PLR0917 - each is another thing
    request: Json, judge: Judge, pool: Sequence["Telling"], keys: Mapping[str, str], today: date, is_late: IsLate
) -> Searched:
    """Everything of the space, as far as there is time.

    pool: facts that could be on record. keys: by resource type, the prefetch key that the ruleset reads.
    """
    said = judge(request)
    if said is None:
        return Searched(frozenset(), (), (), was_cut=False)
    base = _Base(request, judge, said, today, is_late)
    answers: dict[Item, dict[Said, str]] = {}
    flips = [*_left_out(base), *_turned(base), *_added(base, pool, keys, answers)] or [*_pairs_left_out(base)]
    flips.sort(key=lambda flip: (flip.size, flip.shift, flip.what))
    return Searched(said, tuple(flips), tuple(_worth(answers)), is_late())


@dataclass(frozen=True, slots=True, eq=False)
class _Base:
    """The request as it is, what is said to it, and until when to look."""

    request: Json
    judge: Judge
    said: Said
    today: date
    is_late: IsLate

    def after(self, request: Json) -> Said | None:
        """What is said to another one, where that is something else."""
        found = self.judge(request)
        return None if found == self.said else found


def _added(
    base: _Base, pool: Sequence["Telling"], keys: Mapping[str, str], answers: dict["Item", dict[Said, str]]
) -> Iterator[Flip]:
    """One fact more, of each that could be on record; answers: what is said, by item that the request lacks."""
    known = json.dumps(base.request)
    for telling in pool:
        if base.is_late():
            return
        key = keys.get(telling.resource["resourceType"])
        said = base.judge(_with(base.request, telling.resource, key)) if key else None
        if said is None:
            continue
        if said != base.said:
            name = "" if telling.name in telling.told else telling.name
            yield Flip(f"one more: {telling.told}{_in_brackets(name)}", 1, 1.0, said)
        if telling.code and not any(f'"{code}"' in known for code in (telling.code, *telling.alike)):
            item = (telling.kind, telling.resource["resourceType"], telling.code, telling.name)
            answers.setdefault(item, {}).setdefault(said, telling.told)


def _with(request: Json, resource: Json, key: str) -> Json:
    """The request with one resource more of its patient."""
    made = copy.deepcopy(request)
    patient = {"reference": f"Patient/{request['context']['patientId']}"}
    own = {name: (patient if name in ("subject", "patient") else value) for name, value in resource.items()}
    prefetch = made.setdefault("prefetch", {})
    there = prefetch.get(key)
    bundle = there if isinstance(there, dict) else {"resourceType": "Bundle", "type": "searchset"}
    bundle["entry"] = [*(bundle.get("entry") or ()), {"resource": own | {"id": "one-more"}}]
    bundle.pop("total", None)
    prefetch[key] = bundle
    return made


def _worth(answers: Mapping[Item, Mapping[Said, str]]) -> list[Worth]:
    """Items that could be told in two ways with two answers; those with most answers first."""
    found = []
    for (kind, resource_type, code, name), told in answers.items():
        if len(told) > 1:
            (one, first), (two, second), *_ = told.items()
            item = f"{kind} {code}{_in_brackets(name)}"
            found.append(Worth(item, resource_type, code, (first, one), (second, two), len(told)))
    return sorted(found, key=lambda worth: (-worth.answers, worth.item))


def _resources(request: Json) -> Iterator[tuple[str, int | None, Json]]:
    """Each resource of the prefetch: its key, its place in a Bundle (None: by itself), and it."""
    for key, value in (request.get("prefetch") or {}).items():
        if not isinstance(value, dict):
            continue
        if value.get("resourceType") != "Bundle":
            yield key, None, value
            continue
        for number, entry in enumerate(value.get("entry") or ()):
            if isinstance(entry, dict) and isinstance(entry.get("resource"), dict):
                yield key, number, entry["resource"]


def _without(request: Json, places: Sequence[tuple[str, int]]) -> Json:
    made = copy.deepcopy(request)
    for key, number in sorted(places, reverse=True):
        del made["prefetch"][key]["entry"][number]
        made["prefetch"][key].pop("total", None)
    return made


def _name(resource: Json) -> str:
    return f"{resource.get('resourceType')}/{resource.get('id', '?')}"


def _removable(request: Json) -> list[tuple[str, int, Json]]:
    return [(key, number, resource) for key, number, resource in _resources(request) if number is not None]


def _left_out(base: _Base) -> Iterator[Flip]:
    for key, number, resource in _removable(base.request):
        if base.is_late():
            return
        said = base.after(_without(base.request, [(key, number)]))
        if said is not None:
            yield Flip(f"without {_name(resource)}", 1, 1.0, said)


def _pairs_left_out(base: _Base) -> Iterator[Flip]:
    for one, two in combinations(_removable(base.request), 2):
        if base.is_late():
            return
        said = base.after(_without(base.request, [one[:2], two[:2]]))
        if said is not None:
            yield Flip(f"without {_name(one[2])} and {_name(two[2])}", 2, 2.0, said)


def _turned(base: _Base) -> Iterator[Flip]:
    for key, number, resource in list(_resources(base.request)):
        if base.is_late():
            return
        quantity = resource.get("valueQuantity")
        if isinstance(quantity, dict) and isinstance(quantity.get("value"), int | float) and quantity["value"] > 0:
            yield from _number_turned(base, (key, number, resource))
        for name in _DATES:
            if isinstance(resource.get(name), str):
                yield from _date_turned(base, (key, number, name, resource))


def _put(request: Json, key: str, number: int | None, change: Callable[[Json], None]) -> Json:
    made = copy.deepcopy(request)
    at = made["prefetch"][key]
    change(at if number is None else at["entry"][number]["resource"])
    return made


def _number_turned(base: _Base, place: tuple[str, int | None, Json]) -> Iterator[Flip]:
    """Upwards and downwards, the value nearest to the one on record at which the answer is another."""
    key, number, resource = place
    value = Decimal(str(resource["valueQuantity"]["value"]))
    exponent = value.as_tuple().exponent
    decimals = max(-exponent if isinstance(exponent, int) else 0, 0) + _FINER
    scale = Decimal(10) ** decimals
    here, unit = (
        int(value * scale),
        resource["valueQuantity"].get("unit") or resource["valueQuantity"].get("code") or "",
    )

    def at(step: int) -> Said | None:
        def change(found: Json) -> None:
            found["valueQuantity"]["value"] = float(Decimal(step) / scale)

        return base.judge(_put(base.request, key, number, change))

    steps = [int(value * factor * scale) for factor in _FACTORS]
    for way in (sorted(step for step in steps if step > here), sorted((s for s in steps if s < here), reverse=True)):
        found = _nearest(here, way, base.said, at)
        if found is not None:
            told = (
                f"{_name(resource)}: {(Decimal(found[0]) / scale).normalize():f} {unit} instead of {value:f}".rstrip()
            )
            yield Flip(told, 1, abs(found[0] - here) / here, found[1])


def _date_turned(base: _Base, place: tuple[str, int | None, str, Json]) -> Iterator[Flip]:
    key, number, name, resource = place
    written = resource[name]
    try:
        day = date.fromisoformat(written[:10])
    except ValueError:
        return

    def text(step: int) -> str:
        return f"{day + timedelta(days=step)}{written[10:]}"

    def at(step: int) -> Said | None:
        try:
            moved = text(step)
        except OverflowError:
            return None
        if moved[:10] > base.today.isoformat():
            return None
        return base.judge(_put(base.request, key, number, lambda found: found.update({name: moved})))

    for way in (_DAYS, tuple(-days for days in _DAYS)):
        found = _nearest(0, way, base.said, at)
        if found is not None:
            told = f"{_name(resource)}: {name} {text(found[0])} instead of {written}"
            yield Flip(told, 1, abs(found[0]) / 365, found[1])


def _nearest(here: int, way: Sequence[int], said: Said, at: Callable[[int], Said | None]) -> tuple[int, Said] | None:
    """The first step on the way at which something else is said, then back to the very step where that begins."""
    same = here
    for step in way:
        after = at(step)
        if after is None or after == said:
            same = step if after is not None else same
            continue
        other = step
        while abs(other - same) > 1:
            middle = (other + same) // 2
            there = at(middle)
            if there is None or there == said:
                same = middle
            else:
                other, after = middle, there
        return other, after
    return None


def facts_of_cases(runs: Sequence[CaseRun], moment: Moment, name_of: NameOf, alike_of: AlikeOf) -> list[Telling]:
    """Each different fact that the cases tell, orders apart, as it would stand at a moment.

    name_of: what a code means, for those that a case writes without words. alike_of: the codes that say the same.
    """
    found: dict[str, Telling] = {}
    for run in runs:
        for node in facts_in(run.told):
            reader = Reader("")
            facts = FactReader(reader).read([Items((node,), HERE)], moment)
            if len(facts) == 1 and not reader.problems and facts[0].kind not in DRAFT_KINDS:
                text, resource = fact_text(node), facts[0].resource
                if text not in found:
                    coding, name = _code(resource, name_of)
                    alike = alike_of(coding) if coding else frozenset()
                    found[text] = Telling(facts[0].kind, coding.code if coding else "", name, text, resource, alike)
    return list(found.values())


def _in_brackets(name: str) -> str:
    return f" ({name})" if name else ""


def _code(resource: Json, name_of: NameOf) -> tuple[Coding | None, str]:
    """The first code of what it is, and what that means: the case's own words first. None where it has none."""
    for element in ("code", "medicationCodeableConcept", "vaccineCode"):
        concept = resource.get(element)
        codings = concept.get("coding") if isinstance(concept, dict) else None
        if isinstance(concept, dict) and codings:
            coding = Coding(str(codings[0].get("system", "")), str(codings[0].get("code", "")))
            return coding, str(concept.get("text") or "") or name_of(coding)
    return None, ""

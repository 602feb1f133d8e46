"""One fact of a case as its author told it, and the small readers of its texts.

Between the located tree and the FHIR resources: each reader takes one key, notes a problem where the text is not
what the key takes, and returns None for a key that is missing or says ``not recorded``.
"""

import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Any, TypeVar

from cds.authoring.case_times import read_time
from cds.documents.yaml_tree import Items, Node, Table, Text
from cds.facts.dates import Moment
from cds.frozen import value
from cds.rules.source.reader import Reader, did_you_mean
from cds.terminology.code_forms import misshapen
from cds.terminology.coding import SYSTEM_NAMES, UCUM, Coding

#: FHIR R4 JSON, as it leaves this package.
Resource = dict[str, Any]

Part = TypeVar("Part")

PATIENT_ID = "case-patient"
NOT_RECORDED = "not recorded"

_NUMBER = r"-?\d+(?:\.\d+)?"
_AMOUNT = re.compile(rf"(?P<comparator><=|>=|<|>)? ?(?P<number>{_NUMBER})(?: (?P<unit>\S+))?\Z")
_RANGE = re.compile(rf"(?P<low>{_NUMBER}) to (?P<high>{_NUMBER})(?: (?P<unit>\S+))?\Z")
_DURATION = re.compile(r"(?P<count>\d+)(?: (?P<unit>day|week|month|year|hour)s?)?\Z")
_DURATION_UNITS = {"hour": "h", "day": "d", "week": "wk", "month": "mo", "year": "a"}


@value()
class Told:
    """A fact (or a part of one) as written.

    kind: the word of the case file (``lab`` stays ``lab``). ids: every id of the case, so that a reference to
    nothing is noticed.
    """

    kind: str
    id: str
    table: Table
    moment: Moment
    reader: Reader
    ids: frozenset[str] = frozenset()

    def wrong(self, node: Node, what: str, hint: str = "") -> None:
        """Note that a text is not what its key takes."""
        self.reader.problem("CDS604", node.location, what, hint)


def present(resource: Resource) -> Resource:
    """Without the parts that were not told: FHIR knows no null."""
    return {name: value for name, value in resource.items() if value is not None}


def listed(part: Part | None) -> list[Part] | None:
    """A list of the one part that was told, where FHIR allows several."""
    return None if part is None else [part]


def node_of(told: Told, key: str) -> Node | None:
    """What stands under ``key``; None if nothing does, or ``not recorded``."""
    node = told.table.get(key)
    return None if isinstance(node, Text) and node.text == NOT_RECORDED else node


def text_of(told: Told, key: str) -> str | None:
    """The text under ``key``."""
    node = node_of(told, key)
    return None if node is None else told.reader.text(node, f'"{key}"') or None


def word_of(told: Told, key: str, words: Iterable[str], default: str | None) -> str | None:
    """One word of a fixed list; the default where the key is missing, None where it is not recorded."""
    node = told.table.get(key)
    if node is None:
        return default
    if isinstance(node, Text) and node.text == NOT_RECORDED:
        return None
    return told.reader.one_of(node, f'"{key}"', words, default or "") or None


def flag_of(told: Told, key: str) -> bool | None:
    """``yes`` or ``no``."""
    word = word_of(told, key, ("yes", "no"), None)
    return None if word is None else word == "yes"


def time_of(told: Told, key: str) -> str | None:
    """A FHIR date or dateTime."""
    node = node_of(told, key)
    if node is None:
        return None
    text = told.reader.text(node, f'"{key}"')
    found = read_time(text, told.moment) if text else None
    if text and found is None:
        told.wrong(node, f'"{text}" is not a time', "such as 30 days ago, 2 hours ago, 2026-01-15, 2026-01-15T08:30")
    return found


def id_of(told: Told, key: str) -> str | None:
    """The id of another fact of the case."""
    node = node_of(told, key)
    found = None if node is None else told.reader.text(node, f'"{key}"') or None
    if node is not None and found is not None and found not in told.ids:
        told.wrong(node, f'no fact of the case has the id "{found}"', did_you_mean(found, told.ids))
    return found


def amount_of(told: Told, key: str) -> Resource | None:
    """A FHIR Quantity: ``40 mL/min``, ``>60``, ``4`` (then without a unit)."""
    node = node_of(told, key)
    if node is None:
        return None
    text = told.reader.text(node, f'"{key}"')
    found = quantity(text) if text else None
    if text and found is None:
        told.wrong(
            node, f'"{text}" is not a quantity', 'a number, a blank and a UCUM unit, such as 1.1 mg/dL or ">60 mL/min"'
        )
    return found


def dose_of(told: Told, key: str, per: str = "") -> Resource | None:
    """A FHIR dose: ``doseQuantity``, or ``doseRange`` for ``5 to 10 mg``.

    per: what the unit must end in (``/d``); it is left off the dose.
    """
    node = node_of(told, key)
    text = "" if node is None else told.reader.text(node, f'"{key}"')
    if node is None or not text:
        return None
    found = _dose(" ".join(text.split()), per)
    if found is None:
        example = "50 mg/d or 25 ug/h" if per else '5 mg, 2 {tablet} or "5 to 10 mg"'
        told.wrong(node, f'"{text}" is not a dose', f"such as {example}")
    return found


def duration_of(told: Told, key: str) -> Resource | None:
    """A FHIR Duration: ``30 days``; a bare number counts days."""
    node = node_of(told, key)
    text = "" if node is None else told.reader.text(node, f'"{key}"')
    if node is None or not text:
        return None
    match = _DURATION.match(text)
    if match is None:
        told.wrong(node, f'"{text}" is not a duration', "such as 30 days")
        return None
    unit = _DURATION_UNITS[match["unit"] or "day"]
    return {"value": int(match["count"]), "unit": unit, "system": UCUM, "code": unit}


def concept_of(told: Told, key: str, system: str = "") -> Resource | None:
    """A FHIR CodeableConcept: a code word (of ``system``, if one is given), or ``{snomed: 26643006}``."""
    node = node_of(told, key)
    if node is None:
        return None
    if isinstance(node, Table):
        return concept(told, node)
    text = told.reader.text(node, f'"{key}"')
    return {"coding": [present({"system": system or None, "code": text})]} if text else None


def concept(told: Told, table: Table) -> Resource | None:
    """The codes of a table, as a CodeableConcept with the author's ``display`` or ``text``; None if there are none."""
    codings, words = [], None
    for name, under in table.entries:
        if is_system(name.text):
            system = SYSTEM_NAMES.get(name.text, name.text)
            found = told.reader.texts(under, f"a code of {name.text}")
            for code in found:
                _check_shape(told, system, code)
            codings += [{"system": system, "code": code.text} for code in found]
        elif words is None and name.text in {"text", "display"} and isinstance(under, Text):
            words = under.text
    return present({"coding": codings or None, "text": words}) or None


def _check_shape(told: Told, system: str, code: Text) -> None:
    """A name where a code belongs is no code of any record. A made-up one, whose check digit is wrong, may be meant."""
    if wrong := misshapen(Coding(system, code.text)):
        hint = "look it up; to tell a record in words alone, write text: instead of a system"
        told.reader.problem("CDS234", code.location, f'"{code.text}" is no code of {system}: {wrong}', hint)


def is_system(key: str) -> bool:
    """True for a short name of a code system, or a URI."""
    return key in SYSTEM_NAMES or ":" in key


def tables_of(told: Told, key: str) -> tuple[Table, ...]:
    """A list of tables."""
    node = node_of(told, key)
    if node is None:
        return ()
    items = node.items if isinstance(node, Items) else (node,)
    return tuple(table for item in items if (table := told.reader.table(item, f'"{key}"')) is not None)


def quantity(text: str) -> Resource | None:
    """A text as a FHIR Quantity, or None. A number that JSON would change is none."""
    match = _AMOUNT.match(" ".join(text.split()))
    number = None if match is None else json_number(match["number"])
    if match is None or number is None:
        return None
    return present({"value": number, "comparator": match["comparator"]}) | _unit(match["unit"])


def json_number(text: str) -> int | float | None:
    """The JSON number that reads back as exactly this one, or None."""
    if "." not in text:
        return int(text)
    number = float(text)
    return number if Decimal(repr(number)) == Decimal(text) else None


def _dose(text: str, per: str) -> Resource | None:
    match = _RANGE.match(text)
    if match is not None:
        low, high = (quantity(" ".join(filter(None, (match[end], match["unit"])))) for end in ("low", "high"))
        ends = (_per(low, per), _per(high, per))
        return None if None in ends else {"doseRange": {"low": ends[0], "high": ends[1]}}
    found = _per(quantity(text), per)
    # A dose is a SimpleQuantity: FHIR knows no "more than 5 mg" (R4, Dosage.doseAndRate).
    return None if found is None or "comparator" in found else {"doseQuantity": found}


def _per(found: Resource | None, per: str) -> Resource | None:
    if found is None or not per:
        return found
    unit = found.get("unit", "")
    if unit.endswith("/h"):  # a patch or an infusion: the rate is the dose
        return found
    return {"value": found["value"], **_unit(unit.removesuffix(per))} if unit.endswith(per) else None


def _unit(unit: str | None) -> Resource:
    return {} if not unit else {"unit": unit, "system": UCUM, "code": unit}

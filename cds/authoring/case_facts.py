"""The fact entries of a case (LANGUAGE sections 4 and 11), each as one FHIR R4 resource.

``{lab: {loinc: 2160-0, value: 1.1 mg/dL, on: 10 days ago}}``: a kind, then codes by system and attributes. Refuses a
kind or a key that the language does not know; a word that would silently be dropped would make a case lie.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from cds.authoring import clinical_resources as clinical
from cds.authoring import medication_resources as medications
from cds.authoring.told import Resource, Told, is_system, present
from cds.documents.problem import Location
from cds.documents.yaml_tree import Items, Node, Table, Text
from cds.facts.dates import Moment
from cds.frozen import value
from cds.rules.source.reader import Reader, did_you_mean
from cds.terminology.coding import SYSTEM_NAMES

_EVERY = frozenset({"id", "on", "text", "display", "status"})
_OBSERVED = _EVERY | {
    "value",
    "issued",
    "interpretation",
    "method",
    "body-site",
    "category",
    "note",
    "encounter",
    "reason",
    "components",
    "start",
    "end",
}
_DOSED = _EVERY | {
    "daily-dose",
    "dose",
    "frequency",
    "as-needed",
    "route",
    "quantity",
    "days-supply",
    "duration",
    "category",
}
_REQUESTED = _DOSED | {"intent", "reason", "start", "end", "do-not-perform"}
_DRAFTED = _REQUESTED | {"replaces", "resource"}
_ADMINISTERED = _EVERY | {"dose", "route", "category", "reason"}
_VISITED = (_EVERY - {"text", "display"}) | {"class", "start", "end", "discharge-disposition", "reason"}
_DIAGNOSED = _EVERY | {"verification", "category", "severity", "body-site", "encounter", "end", "recorded-date"}
_REPORTED = _EVERY | {"value", "category", "encounter", "request", "issued"}
_ASKED = _EVERY | {"category", "intent", "reason", "encounter", "do-not-perform"}
_ALLERGIC = _EVERY | {"verification", "type", "category", "criticality", "severity", "manifestation"}


@dataclass(frozen=True, slots=True)
class Kind:
    """What a kind of fact becomes: its resource type, the keys it takes beside codes, and who writes it."""

    resource_type: str
    keys: frozenset[str]
    write: Callable[[Told], Resource]
    coded: str = "code"  # where the codes stand
    needs_code: bool = True


#: The kinds of a case file. ``medication`` is written as a request, an intended one as a statement: what else
#: may be in use has its own kind.
FACT_KINDS: Mapping[str, Kind] = {
    "condition": Kind("Condition", _DIAGNOSED, clinical.condition),
    "lab": Kind("Observation", _OBSERVED, clinical.observation),
    "vital": Kind("Observation", _OBSERVED, clinical.observation),
    "observation": Kind("Observation", _OBSERVED, clinical.observation),
    "medication": Kind("MedicationRequest", _REQUESTED, medications.medication_request, "medication"),
    "prescription": Kind("MedicationRequest", _REQUESTED, medications.medication_request, "medication"),
    "order": Kind("MedicationRequest", _DRAFTED, medications.medication_request, "medication", needs_code=False),
    "draft": Kind("MedicationRequest", _DRAFTED, medications.medication_request, "medication", needs_code=False),
    "dispense": Kind("MedicationDispense", _DOSED, medications.medication_dispense, "medication"),
    "administration": Kind(
        "MedicationAdministration", _ADMINISTERED, medications.medication_administration, "medication"
    ),
    "allergy": Kind("AllergyIntolerance", _ALLERGIC, clinical.allergy),
    "report": Kind("DiagnosticReport", _REPORTED, clinical.report),
    "procedure": Kind("Procedure", _EVERY | {"category", "body-site", "reason", "encounter"}, clinical.procedure),
    "immunization": Kind("Immunization", _EVERY | {"reason", "dose-number"}, clinical.immunization, "vaccineCode"),
    "service-request": Kind("ServiceRequest", _ASKED, clinical.service_request),
    "device-request": Kind("DeviceRequest", _ASKED, clinical.device_request, "codeCodeableConcept"),
    "adverse-event": Kind("AdverseEvent", _EVERY | {"encounter"}, clinical.adverse_event, "event"),
    "encounter": Kind("Encounter", _VISITED, clinical.encounter, "type", needs_code=False),
    "current-encounter": Kind("Encounter", _VISITED, clinical.encounter, "type", needs_code=False),
}
DRAFT_KINDS = frozenset({"order", "draft"})
#: Resource types of which nothing is known when a kind was not supplied. A ``medication`` may come from either list.
SOURCES: Mapping[str, tuple[str, ...]] = {
    **{name: (kind.resource_type,) for name, kind in FACT_KINDS.items() if name not in DRAFT_KINDS},
    "medication": ("MedicationRequest", "MedicationStatement"),
    "patient": ("Patient",),
}
_ID_CHARACTERS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.")


@value()
class CaseFact:
    """One fact of a case. ``replaced``: a draft of the case must name it as the prescription before."""

    kind: str
    id: str
    resource: Resource
    replaced: bool
    location: Location

    @property
    def reference(self) -> str:
        """``MedicationRequest/o1``."""
        return f"{self.resource['resourceType']}/{self.id}"


class FactReader:
    """Reads the facts of the cases of one file. What many of them tell alike, as the background, is read once: nobody
    changes a fact, and of one that was read with a problem all is read again.
    """

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        # By identity: what is kept keeps its nodes alive.
        self._entries: dict[int, tuple[Node, list[tuple[str, Table]]]] = {}
        self._facts: dict[int, tuple[Told, CaseFact]] = {}
        # Facts whose keys are right, by the word of their kind: the rows of a case differ in values, never in keys.
        self._sound: dict[int, Text] = {}

    def read(self, nodes: Iterable[Node], moment: Moment) -> list[CaseFact]:
        """The facts that a case tells, background first; an entry with a problem is noted and left out."""
        entries = [found for node in nodes for found in self._entries_of(node)]
        ids = _ids(entries, self._reader)
        known = frozenset(ids)
        return [
            self._fact_of(kind, name, table, moment, known) for (kind, table), name in zip(entries, ids, strict=True)
        ]

    def _entries_of(self, node: Node) -> list[tuple[str, Table]]:
        kept = self._entries.get(id(node))
        if kept is not None:
            return kept[1]
        before = len(self._reader.problems)
        found = list(self._read_entries(node))
        if len(self._reader.problems) == before:
            self._entries[id(node)] = (node, found)
        return found

    def _fact_of(self, kind: str, name: str, table: Table, moment: Moment, known: frozenset[str]) -> CaseFact:
        kept = self._facts.get(id(table))
        if kept is not None:
            told, fact = kept
            same = told.id == name and told.moment == moment and told.kind == kind
            if same and (told.ids == known or not _refers(table)):
                return fact
        told = Told(kind, name, table, moment, self._reader, known)
        before = len(self._reader.problems)
        fact = _fact(told)
        if len(self._reader.problems) == before:
            self._facts[id(table)] = (told, fact)
        return fact

    def _read_entries(self, node: Node) -> Iterable[tuple[str, Table]]:
        reader = self._reader
        if not isinstance(node, Items):
            reader.problem("CDS601", node.location, "facts must be a list", "such as [{condition: {snomed: 44054006}}]")
            return
        for item in node.items:
            table = reader.table(item, "a fact")
            for kind, told in table.entries if table is not None else ():
                if kind.text not in FACT_KINDS:
                    hint = did_you_mean(kind.text, FACT_KINDS)
                    reader.problem("CDS605", kind.location, f'there is no kind of fact "{kind.text}"', hint)
                elif (keys := reader.table(told, f"a {kind.text}")) is not None:
                    if id(kind) not in self._sound and _has_sound_keys(kind.text, keys, reader):
                        self._sound[id(kind)] = kind
                    yield kind.text, keys


def _refers(table: Table) -> bool:
    """Whether it may name other facts of its case: what does not is the same fact beside any others."""
    return table.get("encounter") is not None or table.get("replaces") is not None


def unreadable(kind: str) -> Resource:
    """A resource of this kind in which nothing says what it is: it could be any fact of the kind."""
    about = FACT_KINDS[kind]
    found: Resource = {
        "resourceType": about.resource_type,
        "id": f"unreadable-{kind if kind in DRAFT_KINDS else about.resource_type.lower()}",
        "patient" if about.resource_type in {"AllergyIntolerance", "Immunization"} else "subject": clinical.SUBJECT,
    }
    if about.coded == "medication":  # the commonest real form: a reference to a Medication that nobody sent
        found |= {
            "medicationReference": {"reference": "Medication/nobody-sent-it"},
            "status": "active",
            "intent": "order",
        }
        return found if about.resource_type == "MedicationRequest" else found | {"status": "completed"}
    return found | {
        about.coded: "unreadable",
        "status": "final" if about.resource_type in {"Observation", "DiagnosticReport"} else "completed",
    }


def _has_sound_keys(kind: str, table: Table, reader: Reader) -> bool:
    about, before = FACT_KINDS[kind], len(reader.problems)
    for name, _ in table.entries:
        if name.text not in about.keys and not is_system(name.text):
            hint = did_you_mean(name.text, about.keys | set(SYSTEM_NAMES))
            if name.text.startswith("$"):
                hint = "`$name` stands for a value, never for a key: write one case for each system"
            reader.problem("CDS602", name.location, f'a {kind} has no key "{name.text}"', hint)
    coded = any(is_system(name.text) or name.text == "text" for name, _ in table.entries)
    if about.needs_code and not coded:
        hint = f"such as {{snomed: ...}}; systems: {', '.join(SYSTEM_NAMES)}; or text: for a record without a code"
        reader.problem("CDS603", table.location, f"this {kind} has no code", hint)
    return len(reader.problems) == before


def _ids(entries: list[tuple[str, Table]], reader: Reader) -> list[str]:
    """The id of each entry: its own, else its kind and place."""
    ids: list[str] = []
    for place, (kind, table) in enumerate(entries, start=1):
        node = table.get("id")
        name = f"{kind}-{place}" if node is None else reader.text(node, '"id"')
        if node is not None and name and not (_ID_CHARACTERS.issuperset(name) and len(name) <= 64):
            reader.problem("CDS604", node.location, f'"{name}" is not an id', "letters, digits, - and . (FHIR R4, id)")
        if name in ids:
            where = node.location if node is not None else table.location
            reader.problem("CDS608", where, f'two facts of this case have the id "{name}"')
        ids.append(name)
    return ids


def _fact(told: Told) -> CaseFact:
    resource_type, write = FACT_KINDS[told.kind].resource_type, FACT_KINDS[told.kind].write
    if told.kind in DRAFT_KINDS and _ordered_type(told) == "ServiceRequest":
        resource_type, write = "ServiceRequest", medications.service_request
    if told.kind == "medication" and _says(told, "intended"):
        resource_type, write = "MedicationStatement", medications.intended_statement
    resource = {"resourceType": resource_type, "id": told.id} | present(write(told))
    return CaseFact(told.kind, told.id, resource, _says(told, "replaced"), told.table.location)


def _says(told: Told, status: str) -> bool:
    node = told.table.get("status")
    return isinstance(node, Text) and node.text == status


def _ordered_type(told: Told) -> str:
    """A drug unless ``resource:`` says otherwise, or every code is of a system of tests and services."""
    node = told.table.get("resource")
    if node is not None:
        return told.reader.one_of(node, '"resource"', ("MedicationRequest", "ServiceRequest"), "MedicationRequest")
    systems = {name.text for name, _ in told.table.entries if is_system(name.text)}
    return "ServiceRequest" if systems and systems <= {"loinc", "snomed"} else "MedicationRequest"

"""The resources of a request go by once; what matters is read, the rest is passed over.

The hot loop of the package, called by ``record``: for most resources two look-ups decide that no rule can read them.
Nothing that could matter is passed over in silence: a foreign, malformed or unreadable resource is an omission.
"""

from collections.abc import Iterable, Sequence
from hashlib import blake2b

import orjson

from cds.facts import allergies
from cds.facts.codes import MALFORMED, Codebook, Look
from cds.facts.conditions import is_taken_back
from cds.facts.dates import Moment, Span
from cds.facts.entry import IN_ERROR, Entry, Found, Surroundings
from cds.facts.fact import Fact, Omission
from cds.facts.modifiers import modified_by
from cds.facts.observations import component_entry
from cds.facts.references import Medications, Subject, name_of
from cds.facts.resource_types import RESOURCE_TYPES, ResourceType
from cds.facts.shapes import JSONObject, display_of
from cds.hooks.members import LONGEST_ID
from cds.hooks.prefetch import Supplied, Supply
from cds.terminology.coding import Coding

WRONG_SUBJECT = "wrong-subject"
_ANSWERED = (Supply.DATA, Supply.NULL)
_ORDER = {resource_type: place for place, resource_type in enumerate(RESOURCE_TYPES)}


#: A resource as far as its id can be trusted: its reference, and what it says it is about.
_Name = tuple[str, frozenset[Coding]]


class Chart:
    """Collects the facts and omissions of one request."""

    def __init__(
        self,
        *,
        subject: Subject,
        book: Codebook,
        medications: Medications,
        moment: Moment,
        around: Surroundings,
        open_kinds: frozenset[str],
    ) -> None:
        self._subject, self._book, self._medications = subject, book, medications
        self._moment = moment
        self._requests: dict[str, Fact] = {}
        self._around = Surroundings(around.encounter, around.drafts, around.replaced, self._requests)
        # An allergy list is an answer even where no rule looks for what stands in it.
        self._open_kinds = open_kinds | allergies.KINDS
        self._seen: dict[_Name, tuple[JSONObject, int, int]] = {}
        self._withdrawn: set[int] = set()
        self.facts: list[Fact] = []
        self.omissions: list[Omission] = []
        self.unsupplied: dict[str, str] = {}
        self.unmapped: set[str] = set()

    def read_all(self, supplied: Sequence[Supplied]) -> None:
        """Every template's answer, in an order that does not depend on the sender's."""
        for supply in sorted(supplied, key=_reading_order):
            if supply.resources and supply.template.resource_type in RESOURCE_TYPES:
                self._read(supply)
        asked = any(s.template.resource_type == "Encounter" and s.state in _ANSWERED for s in supplied)
        current = self._around.encounter
        if asked and current is not None and not any(reference == current for reference, _ in self._seen):
            kinds = frozenset({"current-encounter"})
            self.omissions.append(Omission(current, "unresolved-encounter", kinds))

    def keep(self, found: Iterable[Found]) -> None:
        """Sort what a reader found into facts and omissions."""
        for item in found:
            if isinstance(item, Fact):
                self.facts.append(item)
                if item.kind == "medication":
                    self._requests[item.reference] = item
            else:
                self.omissions.append(item)

    def _read(self, supply: Supplied) -> None:
        name = supply.template.resource_type
        resource_type = RESOURCE_TYPES[name]
        ours, glance = self._subject.ours, self._book.look
        subject, code = resource_type.subject, resource_type.code
        is_open = not resource_type.kinds.isdisjoint(self._open_kinds)
        lists_unmapped, read_usual, moment = resource_type.lists_unmapped, resource_type.read_usual, self._moment
        is_encounter = name == "Encounter"
        # Where rules read only the encounter of the context, the others are passed over like all else.
        only_current = is_encounter and is_open and "encounter" not in self._open_kinds
        for resource in supply.resources:
            if type(resource) is not dict or resource.get("resourceType") != name:
                self._set_aside(resource, name, resource_type)
                continue
            holder = resource.get(subject)
            reference = holder.get("reference") if type(holder) is dict else None
            # A text is hashable, other JSON is not; and what is no text is judged at leisure.
            known = type(reference) is str and reference in ours
            if not known and not self._is_ours(resource, name, resource_type):
                continue
            concept = resource.get(code)
            if is_encounter and type(concept) is list and len(concept) == 1 and not self._is_current(resource):
                concept = concept[0]
            look = glance(concept)
            if only_current:
                is_open = self._is_current(resource)
            _, wanted, mapped, bare, problem = look
            if not bare and not problem:
                if not wanted and not is_open and (mapped or not lists_unmapped) and "component" not in resource:
                    continue
                if read_usual is not None and (wanted or is_open):
                    told = read_usual(resource, moment)
                    if told is not None:
                        self._keep_usual(resource, resource_type, look, concept, told)
                        continue
            self._examine(resource, resource_type, look, is_open=is_open)

    def _keep_usual(
        self, resource: JSONObject, resource_type: ResourceType, look: Look, concept: object, told: tuple[str, Span]
    ) -> None:
        """What ``_examine`` comes to for a resource of interest that has nothing unusual."""
        codings, facts, seen = look.codings, self.facts, self._seen
        reference = _name_of(resource, resource["resourceType"])
        key = reference, codings
        if key in seen and self._is_repeated(resource, reference, resource_type, look):
            return
        before = len(facts)
        status, when = told
        facts.append(Fact(resource_type.usual_kind, reference, codings, display_of(concept), status, when, resource))
        seen[key] = resource, before, before + 1

    def _is_current(self, resource: JSONObject) -> bool:
        current = self._around.encounter
        return current is not None and current == f"Encounter/{resource.get('id')}"

    def _set_aside(self, resource: object, name: str, resource_type: ResourceType) -> None:
        """Included resources of other types are read elsewhere; what is no resource at all could have been one."""
        if not isinstance(resource, dict) or not isinstance(resource.get("resourceType"), str):
            self.omissions.append(Omission(_name_of(resource, name), "malformed", resource_type.kinds))

    def _is_ours(self, resource: JSONObject, name: str, resource_type: ResourceType) -> bool:
        owner = self._subject.owner(resource.get(resource_type.subject))
        if owner == "ours":
            return True
        reason = "malformed" if owner == "unreadable" else WRONG_SUBJECT
        self.omissions.append(Omission(_name_of(resource, name), reason, resource_type.kinds))
        if reason == WRONG_SUBJECT:
            self.unsupplied[name] = reason
        return False

    def _examine(self, resource: JSONObject, resource_type: ResourceType, look: Look, *, is_open: bool) -> None:
        """A resource that the first glance, at what ``code`` names, could not pass over."""
        reference = _name_of(resource, resource["resourceType"])
        if resource_type.look is None:
            concept = resource.get(resource_type.code)
        else:
            look, concept = resource_type.look(resource, self._book, self._medications)
        parts = self._components(resource) if "component" in resource else []
        of_interest = look.wanted or is_open or reference == self._around.encounter
        uncertain = bool(look.problem or look.bare)
        if resource_type.lists_unmapped and not look.mapped and not uncertain and not _is_void(resource):
            self.unmapped.add(reference)
        if not (of_interest or uncertain or parts):
            return
        key = reference, look.codings
        if key in self._seen and self._is_repeated(resource, reference, resource_type, look):
            return
        before = len(self.facts)
        if not _is_void(resource):
            entry = Entry(resource, reference, look.codings, display_of(concept), self._moment, self._around)
            if uncertain:
                self._doubt(reference, resource_type, look)
            if modified := modified_by(resource, resource_type.modifiers):
                codings = look.codings.union(*(inner.codings for _, inner in parts))
                self.omissions.append(Omission(reference, modified, resource_type.kinds, codings))
            else:
                if of_interest and not look.problem:
                    self.keep(resource_type.read(entry))
                if parts:
                    self._read_components(entry, resource_type, parts, is_open)
        self._seen[key] = resource, before, len(self.facts)

    def _read_components(
        self, entry: Entry, resource_type: ResourceType, parts: list[tuple[JSONObject, Look]], is_open: bool
    ) -> None:
        for component, look in parts:
            self._doubt(entry.reference, resource_type, look)
            if modified := modified_by(component):
                self.omissions.append(Omission(entry.reference, modified, resource_type.kinds, look.codings))
            elif look.wanted or (is_open and not look.problem):
                self.keep(resource_type.read(component_entry(entry, component, look.codings)))

    def _doubt(self, reference: str, resource_type: ResourceType, look: Look) -> None:
        """Note codes that could not be read, or that came without their system."""
        if look.problem:
            self.omissions.append(Omission(reference, look.problem, resource_type.kinds))
        if look.bare:
            self.omissions.append(Omission(reference, "no-system", resource_type.kinds, look.bare))

    def _components(self, resource: JSONObject) -> list[tuple[JSONObject, Look]]:
        """The components that a rule can read, or whose codes cannot be told."""
        components = resource.get("component")
        if components is None or resource["resourceType"] != "Observation":
            return []
        if not isinstance(components, list | dict):
            return [({}, MALFORMED)]
        is_open = "observation" in self._open_kinds
        parts: list[tuple[JSONObject, Look]] = []
        for component in components if isinstance(components, list) else [components]:
            look = self._book.look(component.get("code")) if isinstance(component, dict) else MALFORMED
            if look.wanted or look.bare or look.problem or is_open:
                parts.append((component if isinstance(component, dict) else {}, look))
        return parts

    def _is_repeated(self, resource: JSONObject, reference: str, resource_type: ResourceType, look: Look) -> bool:
        """True if this is another copy of a resource read before, as templates overlap.

        Two versions of it are a doubt, and neither is a fact. Different codes under one id are two statements.
        """
        earlier, start, end = self._seen[reference, look.codings]
        known, new = _content(earlier), _content(resource)
        if earlier is not resource and (known is None or known != new):
            self._withdrawn.update(range(start, end))
            codings = None if look.problem or "component" in resource else look.codings | look.bare
            self.omissions.append(Omission(reference, "conflicting-copies", resource_type.kinds, codings))
        return True

    def standing(self) -> list[Fact]:
        """The facts that no second version of their resource puts in doubt."""
        if not self._withdrawn:
            return self.facts
        return [fact for place, fact in enumerate(self.facts) if place not in self._withdrawn]


def _reading_order(supply: Supplied) -> tuple[int, str]:
    # The order of prefetch keys varies from call to call (spec/real-clients.md); the record must not.
    return _ORDER.get(supply.template.resource_type, len(_ORDER)), supply.template.key


def _is_void(resource: JSONObject) -> bool:
    """Entered in error, or refuted: neither fact nor omission (SETTLED)."""
    if resource.get("status") == IN_ERROR:
        return True
    verification = resource.get("verificationStatus")
    return verification is not None and is_taken_back(verification)


def _name_of(resource: object, resource_type: str) -> str:
    """``Type/id``; without an id to repeat a digest of the content, which is the same from call to call."""
    identity = resource.get("id") if type(resource) is dict else None
    if type(identity) is str and 0 < len(identity) <= LONGEST_ID:  # the usual case
        return f"{resource_type}/{identity}"
    name = name_of(resource_type, identity)
    if name is not None:
        return name
    return f"{resource_type}/#{blake2b(_content(resource) or b'', digest_size=6).hexdigest()}"


def _content(resource: object) -> bytes | None:
    try:
        return orjson.dumps(resource, option=orjson.OPT_SORT_KEYS)
    except TypeError:  # orjson.JSONEncodeError: nested too deep, or a number beyond 64 bits
        return None

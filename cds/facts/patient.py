"""The Patient resource: birth, sex, race, death; each unknown unless it is recorded and can be read.

Sex is the one that clinical rules may use: a recorded sex for clinical use, else birth sex, else the administrative
gender. A source that says neither female nor male, or two sources that contradict each other, leave it unknown.
"""

from collections.abc import Iterator, Sequence

from cds.facts.dates import Moment, Span, is_future, read_span
from cds.facts.fact import Omission, Patient
from cds.facts.modifiers import modified_by
from cds.facts.references import Subject
from cds.facts.shapes import JSONObject, objects, text_of, words_of
from cds.facts.wrong_patient import WrongPatient
from cds.hooks.prefetch import Supplied

_CORE = "http://hl7.org/fhir/us/core/StructureDefinition"
_RACE = f"{_CORE}/us-core-race"
#: CDC race and ethnicity, the codes of :attr:`Patient.races`.
RACE_SYSTEM = "urn:oid:2.16.840.1.113883.6.238"
#: Nobody knows, or the patient would not say: recorded, and no race (HL7 v3 NullFlavor).
RACE_NOT_TOLD = frozenset({"UNK", "ASKU", "NASK"})
#: In order of weight; each is either simple (valueCode, valueCodeableConcept) or holds a part called "value".
_SEX_EXTENSIONS = (
    "http://hl7.org/fhir/StructureDefinition/patient-sexParameterForClinicalUse",
    "http://hl7.org/fhir/StructureDefinition/individual-recordedSexOrGender",
    f"{_CORE}/us-core-sex",
    f"{_CORE}/us-core-birthsex",
)
_SEXES = {
    **dict.fromkeys(("female", "f", "female-typical", "248152002"), "female"),
    **dict.fromkeys(("male", "m", "male-typical", "248153007"), "male"),
}
#: Nobody recorded it (as against "other" or "specified": recorded, and neither).
_NOT_SAID = frozenset({"unknown", "unk", "asku", "nask", "asked-unknown"})

#: Years. Nobody is known to have lived longer than 122; a birth further back (0001-01-01, 1800-01-01, 1900-01-01) is
#: what systems write where they know none.
_OLDEST = 125


def read_patient(
    supplied: Sequence[Supplied], subject: Subject, moment: Moment
) -> tuple[Patient, tuple[Omission, ...]]:
    """Who it is about, from the Patient reads, and why nothing is known of them though it came.

    Raises :class:`WrongPatient` if one of them is somebody else.
    """
    resource = _own_resource(supplied, subject)
    modified = "" if resource is None else modified_by(resource)
    if resource is None or modified:
        nobody = Patient(subject.reference, None, None, None, frozenset())
        return nobody, ((Omission(subject.reference, modified, frozenset()),) if modified else ())
    told = Patient(
        reference=subject.reference,
        birth=_birth(resource, moment),
        sex=_sex(resource),
        deceased=_deceased(resource, moment),
        races=_races(resource),
        tells_race=_tells_race(resource),
    )
    return told, ()


def _own_resource(supplied: Sequence[Supplied], subject: Subject) -> JSONObject | None:
    own: JSONObject | None = None
    for supply in supplied:
        if supply.template.resource_type != "Patient":
            continue
        found = [r for r in supply.resources if isinstance(r, dict) and r.get("resourceType") == "Patient"]
        # A Patient without an id is nobody else; one whose id is no text cannot be shown to be ours (nor hashed).
        ours = [r for r in found if r.get("id") in (None, "", subject.patient_id)]
        if len(ours) < len(found):
            raise WrongPatient(f"prefetch.{supply.template.key}.id")
        own = own or next(iter(ours), None)
    return own


def _birth(resource: JSONObject, moment: Moment) -> Span | None:
    """Unknown, too, where nobody can have been born then and be a patient now."""
    birth = read_span(resource.get("birthDate"), moment.zone)
    if birth is None or is_future(birth, moment) or birth.last_day.year < moment.today.year - _OLDEST:
        return None
    return birth


def _sex(resource: JSONObject) -> str | None:
    found: set[str] = set()
    for words in (*_sex_extensions(resource), words_of(resource.get("gender"))):
        said = words - _NOT_SAID
        sexes = {_SEXES[word] for word in said if word in _SEXES}
        if said and not sexes and not found:
            return None  # recorded by the weightiest source, and neither
        found |= sexes
    return found.pop() if len(found) == 1 else None


def _sex_extensions(resource: JSONObject) -> Iterator[frozenset[str]]:
    extensions = objects(resource.get("extension"))
    for url in _SEX_EXTENSIONS:
        for extension in extensions:
            if extension.get("url") == url:
                parts = [p for p in objects(extension.get("extension")) if p.get("url") == "value"]
                values = [
                    part.get(key) for part in (extension, *parts) for key in ("valueCode", "valueCodeableConcept")
                ]
                yield frozenset().union(*map(words_of, values))


def _deceased(resource: JSONObject, moment: Moment) -> bool | None:
    """A death after the moment of decision (a replay of older requests) has not happened yet."""
    flag, day = resource.get("deceasedBoolean"), text_of(resource.get("deceasedDateTime"))
    if day is not None:
        span = read_span(day, moment.zone)
        return True if span is None else span.first_day <= moment.today
    return flag if isinstance(flag, bool) else None


def _tells_race(resource: JSONObject) -> bool:
    return any(extension.get("url") == _RACE for extension in objects(resource.get("extension")))


def _races(resource: JSONObject) -> frozenset[str]:
    """OMB category and detailed codes (CDC race and ethnicity); a race told in words only is not one of them."""
    return frozenset(
        code
        for extension in objects(resource.get("extension"))
        if extension.get("url") == _RACE
        for part in objects(extension.get("extension"))
        if part.get("url") in {"ombCategory", "detailed"}
        for code in [
            text_of((part.get("valueCoding") or {}).get("code")) if isinstance(part.get("valueCoding"), dict) else None
        ]
        if code is not None
    )

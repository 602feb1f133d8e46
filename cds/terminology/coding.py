"""A coding, and the one spelling of each code system that the rest of the code sees.

Senders write the same system in several ways (OIDs, trailing slashes, SNOMED editions); rules must not care.
"""

from typing import NamedTuple


class Coding(NamedTuple):
    """A code in its system. ``system`` is canonical, as :func:`canonical_system` returns it."""

    system: str
    code: str


RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
SNOMED = "http://snomed.info/sct"
LOINC = "http://loinc.org"
ICD10CM = "http://hl7.org/fhir/sid/icd-10-cm"
CVX = "http://hl7.org/fhir/sid/cvx"
UCUM = "http://unitsofmeasure.org"
CPT = "http://www.ama-assn.org/go/cpt"

#: Short names that authors write in value sets.
SYSTEM_NAMES = {"rxnorm": RXNORM, "snomed": SNOMED, "loinc": LOINC, "icd10cm": ICD10CM, "cvx": CVX, "ucum": UCUM}

_SPELLINGS = {
    "urn:oid:2.16.840.1.113883.6.88": RXNORM,
    "urn:oid:2.16.840.1.113883.6.96": SNOMED,
    "urn:oid:2.16.840.1.113883.6.1": LOINC,
    "urn:oid:2.16.840.1.113883.6.90": ICD10CM,
    "urn:oid:2.16.840.1.113883.12.292": CVX,
    "urn:oid:2.16.840.1.113883.6.8": UCUM,
}
_SPELLINGS |= {uri.lower(): uri for uri in SYSTEM_NAMES.values()}
_KNOWN = frozenset(SYSTEM_NAMES.values())


def canonical_system(uri: str) -> str:
    """The spelling of a system that value sets use; an unknown system comes back as it was."""
    if uri in _KNOWN:
        return uri
    bare = uri.strip().rstrip("/")
    if bare.startswith(SNOMED + "/"):  # an edition or version of SNOMED CT
        return SNOMED
    return _SPELLINGS.get(bare.lower().replace("https://", "http://"), bare)

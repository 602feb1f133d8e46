"""Value sets as ValueSet: every code by itself, ``include``, ``exclude`` and ``only`` worked out."""

from cds.authoring.exporting.metadata import Resource, Setting, metadata
from cds.authoring.exporting.naming import value_set_name
from cds.authoring.versions import Version
from cds.rules.ruleset import ValueSet
from cds.terminology.coding import CPT, LOINC, RXNORM, SNOMED

#: Whose terms govern the codes (NOTICE).
_TERMS = {
    LOINC: (
        "This material contains content from LOINC (http://loinc.org). LOINC is copyright Regenstrief Institute, Inc. "
        "and the LOINC Committee and is available at no cost under the license at http://loinc.org/license."
    ),
    SNOMED: (
        "This material includes SNOMED Clinical Terms (SNOMED CT), which is used by permission of SNOMED "
        "International. All rights reserved. Use needs a licence where the country is no member."
    ),
    RXNORM: (
        "This product uses publicly available data courtesy of the U.S. National Library of Medicine (NLM); NLM is "
        "not responsible for the product and does not endorse or recommend this or any other product."
    ),
    CPT: "CPT is a registered trademark of the American Medical Association, which holds its copyright.",
}


def value_set_resources(version: Version, setting: Setting) -> list[Resource]:
    """Those that the version declares itself; a library's own are exported with it."""
    return [_resource(version, setting, each) for name, each in version.ruleset.value_sets.items() if "." not in name]


def _resource(version: Version, setting: Setting, value_set: ValueSet) -> Resource:
    name = value_set_name(version.ruleset, value_set.name)
    told = metadata(version, setting, "ValueSet", name, value_set.name)
    told["description"] = _description(version, value_set)
    by_system: dict[str, list[Resource]] = {}
    for coding, row in sorted(value_set.rows.items()):
        concept = {"code": coding.code} | ({"display": row["display"]} if row.get("display") else {})
        by_system.setdefault(coding.system, []).append(concept)
    if terms := [_TERMS[system] for system in by_system if system in _TERMS]:
        told["copyright"] = "\n\n".join(terms)
    if by_system:
        includes = [{"system": system, "concept": concepts} for system, concepts in by_system.items()]
        told["compose"] = {"include": includes}
    return told


def _description(version: Version, value_set: ValueSet) -> str:
    said = [f'The value set "{value_set.name}" of {version.ruleset.address}.']
    if value_set.origin:
        said.append(f"Taken from {value_set.origin}.")
    if not value_set.rows:
        said.append("It lists nothing: only codes that a site adds are in it.")
    said.append("Columns beside the codes, and where each was read, stand in the tables of the Library.")
    return " ".join(said)

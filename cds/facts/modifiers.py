"""What may turn the meaning of a resource round, and must be understood before it is read (FHIR R4, "Extensibility" and
``Resource.implicitRules``). What has some that we do not know must not be read as if it had none. We know none, but for
those that the reader of a type names.
"""

from collections.abc import Collection

from cds.facts.shapes import JSONObject

MODIFIER = "modifierExtension"
#: The address of rules that the sender followed as it wrote the resource.
RULES = "implicitRules"


def modified_by(resource: JSONObject, known: Collection[str] = ()) -> str:
    """Why the resource must not be read, as an omission tells it; empty if nothing stands against it.

    known: the modifier extensions that the reader of its type understands.
    """
    if resource.get(RULES):
        return "implicit-rules"
    found = resource.get(MODIFIER)
    if not found:
        return ""
    parts = found if isinstance(found, list) else [found]
    is_known = all(isinstance(part, dict) and part.get("url") in known for part in parts)
    return "" if is_known else "modifier-extension"

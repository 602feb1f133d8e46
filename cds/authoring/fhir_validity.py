"""Whether a resource is valid FHIR R4, by fhir.resources (R4B, which knows every element of R4).

It does not judge codes of required bindings, nor most invariants.
"""

from collections.abc import Iterator, Mapping
from typing import Any


def wrong_as_fhir(resource: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong, each with the path of its element."""
    # Heavy (a third of a second), and never needed to answer a call.
    from fhir.resources.R4B import get_fhir_model_class
    from pydantic import ValidationError

    try:
        model = get_fhir_model_class(str(resource.get("resourceType")))
    except (KeyError, LookupError, ValueError):
        yield "resourceType is not a resource of FHIR R4"
        return
    try:
        model.model_validate(dict(resource))
    except ValidationError as fault:
        for error in fault.errors():
            yield f"{'.'.join(map(str, error['loc']))} {error['msg']}".strip()

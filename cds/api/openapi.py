"""The OpenAPI 3.1 document, generated from the schemas that requests are read with and answers are built as.

It lists the services that this process answers, each with the hooks and contexts that it takes.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin
from apispec.ext.marshmallow.openapi import OpenAPIConverter

import cds
from cds.hooks.context import context_schema
from cds.hooks.documented import DOCUMENTED, description_of
from cds.hooks.feedback import described_outcome
from cds.hooks.members import Member
from cds.hooks.request import AuthorizationSchema, RequestSchema
from cds.metrics.meter import MEDIA_TYPE

Json = dict[str, Any]
_REFUSED = {
    "400": "The body is wrong; `expression` names each field at fault.",
    "401": "The call needs a valid bearer token.",
    "403": "Not for this caller.",
    "405": "Another method; see Allow.",
    "412": "Data that the service needs was not supplied; `expression` names the prefetch keys.",
    "413": "The body is too large.",
    "415": "The body is not declared as JSON, or is compressed otherwise than by gzip.",
    "429": "More calls than were agreed; see Retry-After.",
    "500": "The service failed; nothing was concluded about the patient.",
    "503": "Not now; see Retry-After where it is given.",
}


#: By status: a header that it comes with, and what it says.
_HEADERS = {
    "401": ("WWW-Authenticate", "Bearer."),
    "405": ("Allow", "The methods that are offered."),
    "429": ("Retry-After", "Seconds until the next call is due."),
    "503": ("Retry-After", "Seconds after which it may go well; not given where nobody can tell."),
}
#: A header of every answer about a patient.
_UNSTORED = ("Cache-Control", "no-store.")
_CALL_REFUSED = ("400", "403", "405", "412", "413", "415", "429", "500", "503")
_FEEDBACK_REFUSED = ("400", "405", "413", "415", "429", "500", "503")


def describe_api(
    services: Iterable[Mapping[str, Any]], *, tokens: bool, feedback: bool = False, metrics: bool = False
) -> Json:
    """The document.

    services: the entries of discovery. tokens: whether calls need a bearer token. feedback, metrics: whether they are
    offered.
    """
    plugin = MarshmallowPlugin()
    spec = APISpec(
        title="cds-rules",
        version=cds.__version__,
        openapi_version="3.1.0",
        plugins=[plugin],
        info={"description": "CDS Hooks in, evidence-linked cards out. Guide: https://cds-hooks.hl7.org/2.0/"},
    )
    converter = plugin.converter
    assert converter is not None  # made with the specification  # noqa: S101
    converter.add_attribute_function(_described)
    for name, schema in DOCUMENTED.items():
        spec.components.schema(name, component=description_of(schema), schema=schema)
    spec.components.schema("FHIRAuthorization", _plain(converter.schema2jsonschema(AuthorizationSchema())))
    for status, told in _REFUSED.items():
        spec.components.response(status, _with_header(_content("OperationOutcome", told), *_HEADERS.get(status, ())))
    if tokens:
        spec.components.security_scheme("token", {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"})
        spec.options["security"] = [{"token": []}]
    every = list(services)
    _tell_discovery(spec, tokens=tokens)
    _tell_services(spec, converter, every, tokens=tokens)
    if feedback:
        _tell_feedback(spec, every, tokens=tokens)
    _tell_ours(spec, metrics=metrics)
    document: Json = spec.to_dict()
    return document


def _described(_: object, field: object, **__: object) -> Json:
    """What our own members say of themselves; an optional one may be null (REQ-14)."""
    if not isinstance(field, Member):
        return {}
    shape = field.described()
    return {"anyOf": [shape, {"type": "null"}]} if field.allow_none else shape


def _plain(schema: Mapping[str, Any]) -> Json:
    """A schema without defaults: that an absent member counts as null is our business."""
    properties = {
        name: {key: value for key, value in shape.items() if key != "default"}
        for name, shape in schema["properties"].items()
    }
    return {**schema, "properties": properties}


def _tell_services(
    spec: APISpec, converter: OpenAPIConverter, services: list[Mapping[str, Any]], *, tokens: bool
) -> None:
    for hook in dict.fromkeys(str(service["hook"]) for service in services):
        name = _name(hook)
        spec.components.schema(f"{name}Context", _plain(converter.schema2jsonschema(context_schema(hook))))
        call = _plain(converter.schema2jsonschema(RequestSchema()))
        call["properties"] |= {
            "hook": {"const": hook},
            "context": {"$ref": f"#/components/schemas/{name}Context"},
            "fhirAuthorization": {"anyOf": [{"$ref": "#/components/schemas/FHIRAuthorization"}, {"type": "null"}]},
        }
        spec.components.schema(f"{name}Call", call)
    for service_id in dict.fromkeys(str(service["id"]) for service in services):
        entries = [service for service in services if service["id"] == service_id]
        call = _call(entries, tokens=tokens)
        spec.path(path=f"/cds-services/{service_id}", operations={"post": call})
        spec.path(path=f"/cds-services/{service_id}/explain", operations={"post": _explaining(call)})


def _name(hook: str) -> str:
    return "".join(part.capitalize() for part in hook.split("-"))


def _call(entries: list[Mapping[str, Any]], *, tokens: bool) -> Json:
    calls = [{"$ref": f"#/components/schemas/{_name(str(entry['hook']))}Call"} for entry in entries]
    body = calls[0] if len(calls) == 1 else {"oneOf": calls}
    return {
        "summary": entries[0].get("title", entries[0]["id"]),
        "description": entries[0]["description"],
        "operationId": str(entries[0]["id"]),
        "requestBody": {"required": True, "content": {"application/json": {"schema": body}}},
        "responses": {
            "200": _with_header(_content("Answer", "Cards."), *_UNSTORED),
            **_refusals(_CALL_REFUSED, tokens=tokens),
        },
    }


def _explaining(call: Json) -> Json:
    """The same call, put where it is explained."""
    traces: Json = {"type": "object", "required": ["service", "hook", "at", "rulesets"]}
    told = {"description": "A trace of every rule.", "content": {"application/json": {"schema": traces}}}
    return {
        **call,
        "summary": f"Why: {call['summary']}",
        "description": "Why each rule did what it did for this call. No card, and nothing is recorded.",
        "operationId": f"{call['operationId']}-explain",
        "responses": {**call["responses"], "200": _with_header(told, *_UNSTORED)},
    }


def _tell_feedback(spec: APISpec, services: list[Mapping[str, Any]], *, tokens: bool) -> None:
    spec.components.schema("Outcome", described_outcome())
    outcomes = {"type": "array", "minItems": 1, "items": {"$ref": "#/components/schemas/Outcome"}}
    call = {"type": "object", "required": ["feedback"], "properties": {"feedback": outcomes}}
    spec.components.schema(
        "Feedback", {**call, "description": "What became of cards; all of it is stored, or nothing."}
    )
    body = {"application/json": {"schema": {"$ref": "#/components/schemas/Feedback"}}}
    for service_id in dict.fromkeys(str(service["id"]) for service in services):
        operation = {
            "summary": "Feedback",
            "description": "What became of cards of this service. The same outcome of the same moment is stored once.",
            "operationId": f"{service_id}-feedback",
            "requestBody": {"required": True, "content": body},
            "responses": {
                "200": _with_header(_content("Taken", "Stored."), *_UNSTORED),
                **_refusals(_FEEDBACK_REFUSED, tokens=tokens),
            },
        }
        spec.path(path=f"/cds-services/{service_id}/feedback", operations={"post": operation})


def _tell_discovery(spec: APISpec, *, tokens: bool) -> None:
    discovery = {
        "summary": "Discovery",
        "operationId": "discovery",
        "responses": {
            "200": _content("Discovery", "The services."),
            **_refusals(("400", "405", "429", "500", "503"), tokens=tokens),
        },
    }
    spec.path(path="/cds-services", operations={"get": discovery})


def _tell_ours(spec: APISpec, *, metrics: bool) -> None:
    """What is no part of CDS Hooks; none of it asks for a token."""
    health: Json = {"type": "object"}
    text: Json = {"type": "string"}
    paths = [
        ("/livez", "Is the process alive?", "application/json", health, ("405",)),
        ("/readyz", "Is it fit to answer?", "application/json", health, ("405", "503")),
        ("/openapi.json", "This document", "application/json", health, ("405",)),
        ("/openapi", "This document, as a page to read", "text/html; charset=utf-8", text, ("405",)),
    ]
    if metrics:
        told = "Counts for Prometheus; from this machine only, unless the operator opens them"
        paths.append(("/metrics", told, MEDIA_TYPE, text, ("403", "405")))
    for path, told, media, schema, refusals in paths:
        answer = {"description": "Yes." if told.endswith("?") else "It.", "content": {media: {"schema": schema}}}
        responses = {"200": answer, **_refusals(refusals, tokens=False)}
        name = path[1:].replace(".", "-")
        operation = {"summary": told, "operationId": name, "security": [], "responses": responses}
        spec.path(path=path, operations={"get": operation})


def _refusals(statuses: Iterable[str], *, tokens: bool) -> Json:
    every = (*statuses, "401") if tokens else statuses
    return {status: {"$ref": f"#/components/responses/{status}"} for status in every}


def _content(name: str, told: str) -> Json:
    schema = {"$ref": f"#/components/schemas/{name}"}
    return {"description": told, "content": {"application/json": {"schema": schema}}}


def _with_header(response: Json, name: str = "", told: str = "") -> Json:
    """The response with a header that it comes with, if any."""
    if not name:
        return response
    return {**response, "headers": {name: {"description": told, "schema": {"type": "string"}}}}

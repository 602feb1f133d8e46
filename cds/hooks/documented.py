"""What the service sends, as marshmallow schemas: for the OpenAPI document, which tests hold against real answers.

Nothing is dumped through them; ``response`` has the shapes that are built, ``response_check`` judges them in full.
"""

from typing import Any

from marshmallow import Schema, fields, validate

from cds.hooks.response import LONGEST_SUMMARY

_UUID = validate.Regexp(r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")
_WEB = validate.Regexp(r"^https?://[^\s]+$")
_FILLED = validate.Length(min=1)


def _text(told: str = "", *checks: validate.Validator, required: bool = True) -> fields.String:
    metadata = {"description": told} if told else {}
    return fields.String(required=required, validate=[_FILLED, *checks], metadata=metadata)


def _own(told: str) -> fields.Dict:
    return fields.Dict(keys=fields.String(), metadata={"description": told})


class CodingSchema(Schema):
    """A code in its system."""

    code = _text()
    system = _text()
    display = _text(required=False)


class SourceSchema(Schema):
    """Where a card's advice comes from."""

    label = _text()
    url = _text("About the source, never about the patient.", _WEB, required=False)
    icon = _text("A picture of 100 x 100.", _WEB, required=False)
    topic = fields.Nested(CodingSchema)


class ActionSchema(Schema):
    """One change to the record."""

    type = _text("", validate.OneOf(("create", "update", "delete")))
    description = _text()
    resource = fields.Dict(metadata={"description": "create, update: the whole FHIR R4 resource."})
    resource_id = fields.String(data_key="resourceId", metadata={"description": "delete: Type/id."})


class SuggestionSchema(Schema):
    """Changes that belong together under one button."""

    uuid = _text("Names the suggestion in feedback.", _UUID)
    label = _text()
    is_recommended = fields.Boolean(required=True, data_key="isRecommended")
    actions = fields.List(fields.Nested(ActionSchema), validate=_FILLED)


class LinkSchema(Schema):
    """A link to a page, or to an app that the client launches."""

    label = _text()
    url = _text("", _WEB)
    type = _text("", validate.OneOf(("absolute", "smart")))
    app_context = fields.String(data_key="appContext", metadata={"description": "smart: what the app is handed."})
    autolaunchable = fields.Boolean()


class CardSchema(Schema):
    """One card."""

    uuid = _text("Names the card in feedback; the same for an identical retry.", _UUID)
    summary = _text("One line, plain text.", validate.Length(max=LONGEST_SUMMARY))
    indicator = _text("", validate.OneOf(("info", "warning", "critical")))
    detail = _text("GitHub-flavoured Markdown without HTML.", required=False)
    source = fields.Nested(SourceSchema, required=True)
    suggestions = fields.List(fields.Nested(SuggestionSchema), validate=_FILLED)
    selection_behavior = fields.String(data_key="selectionBehavior", validate=validate.OneOf(("at-most-one", "any")))
    override_reasons = fields.List(fields.Nested(CodingSchema), data_key="overrideReasons", validate=_FILLED)
    links = fields.List(fields.Nested(LinkSchema), validate=_FILLED)
    extension = _own("org.cds-rules.finding: what said so, and the facts behind it (docs/integrators.md).")


class AnswerSchema(Schema):
    """The answer to a hook call; no advice is an empty list of cards."""

    cards = fields.List(fields.Nested(CardSchema), required=True)
    system_actions = fields.List(
        fields.Nested(ActionSchema),
        data_key="systemActions",
        validate=_FILLED,
        metadata={"description": "Only where it was agreed with the client."},
    )
    extension = _own("org.cds-rules.decision: versions judged, what was unknown, what was not supplied.")


class ServiceSchema(Schema):
    """A service at one of its hooks."""

    hook = _text()
    id = _text("One segment of the path.")
    title = _text(required=False)
    description = _text()
    version = _text("Of the CDS Hooks guide.")
    hook_version = fields.String(data_key="hookVersion")
    prefetch = fields.Dict(
        keys=fields.String(), values=fields.String(), metadata={"description": "Template by key: send what you can."}
    )
    usage_requirements = fields.String(data_key="usageRequirements")


class DiscoverySchema(Schema):
    """The services."""

    services = fields.List(fields.Nested(ServiceSchema), required=True)


class TakenSchema(Schema):
    """What was done with feedback: outcomes stored, and of these the cards that we do not know to have shown."""

    stored = fields.Integer(required=True, validate=validate.Range(min=1))
    unmatched = fields.List(_text(), required=True)
    unchecked = fields.List(
        _text(), metadata={"description": "While the database is away: cards that nobody looked up."}
    )


class WordsSchema(Schema):
    """The words of an issue."""

    text = _text()


class IssueSchema(Schema):
    """One thing that is wrong; no value of the request is repeated."""

    severity = _text("", validate.OneOf(("error", "fatal", "warning", "information")))
    code = _text("A FHIR issue type.")
    details = fields.Nested(WordsSchema, required=True)
    expression = fields.List(_text(), metadata={"description": "The field at fault, as in context.patientId."})


class OperationOutcomeSchema(Schema):
    """Every refusal."""

    resource_type = fields.String(data_key="resourceType", required=True, validate=validate.Equal("OperationOutcome"))
    issue = fields.List(fields.Nested(IssueSchema), required=True, validate=_FILLED)


#: By the name that the document gives them; what is nested comes before what holds it.
DOCUMENTED: dict[str, type[Schema]] = {
    "Coding": CodingSchema,
    "Source": SourceSchema,
    "Action": ActionSchema,
    "Suggestion": SuggestionSchema,
    "Link": LinkSchema,
    "Card": CardSchema,
    "Answer": AnswerSchema,
    "Service": ServiceSchema,
    "Discovery": DiscoverySchema,
    "Taken": TakenSchema,
    "Words": WordsSchema,
    "Issue": IssueSchema,
    "OperationOutcome": OperationOutcomeSchema,
}


def description_of(schema: type[Schema]) -> dict[str, Any]:
    """What a schema says of itself."""
    return {"description": (schema.__doc__ or "").strip()}

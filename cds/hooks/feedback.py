"""What became of cards, as a client reports it: a body to frozen :class:`Outcome` values, or every fault at once.

CDS Hooks 2.0, "Feedback". All of a body or none of it: one item that is wrong refuses the whole (FB-11). A comment is
patient data and hostile text (FB-15): it is in no repr and no message.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from marshmallow import ValidationError

from cds.hooks.body import decode
from cds.hooks.faults import EnvelopeRejected, FieldFault
from cds.hooks.members import Envelope, Member, Text, rejected

#: A card or suggestion id is a UUID if it is ours; one of a former deployment may be anything short (FB-13).
_LABEL = re.compile(r" *[^\x00-\x20\x7f][^\x00-\x1f\x7f]*\Z")
_LONGEST_LABEL = 500
_LABEL_FORM = f"a text of at most {_LONGEST_LABEL} characters, not blank, without control characters"
#: RFC 3339 (FB-07): seconds and an offset are required; [0-9] because \d also takes other scripts' digits.
_DATE_TIME = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt]([0-9]{2}:[0-9]{2}:[0-9]{2})(\.[0-9]{1,6})?[0-9]*([Zz]|[+-][0-9]{2}:[0-5][0-9])\Z"
)


@dataclass(frozen=True, slots=True)
class OverrideReason:
    """Why a card was overridden. code and system: as offered on the card, or the client's own; comment: free text."""

    code: str | None
    system: str | None
    display: str | None = field(repr=False)
    comment: str | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one card.

    card: its uuid. outcome: ``accepted`` or ``overridden``. at: when, in UTC. accepted: uuids of suggestions.
    """

    card: str
    outcome: str
    at: datetime
    accepted: tuple[str, ...]
    reason: OverrideReason | None


class _Instant(Member):
    def described(self) -> dict[str, Any]:
        return {
            "type": "string",
            "format": "date-time",
            "description": "When: with seconds and Z or an offset, as in 2026-05-01T10:05:31Z.",
        }

    def _deserialize(self, value: Any, *_: object, **__: object) -> datetime:
        if not isinstance(value, str):
            raise rejected("must be a string", "structure")
        found = _DATE_TIME.match(value)
        if found is None:
            raise rejected("must be a date-time with seconds and Z or an offset, as in 2026-05-01T10:05:31Z")
        day, time, fraction, zone = found.groups()
        # A leap second is legal in RFC 3339 and no datetime: it is read as the moment behind it.
        leap = time.endswith(":60")
        time = f"{time[:-2]}59" if leap else time
        try:
            instant = datetime.fromisoformat(f"{day}T{time}{fraction or ''}{zone.upper()}").astimezone(UTC)
            instant += timedelta(seconds=leap)
        except (ValueError, OverflowError):
            raise rejected("must be a moment that exists") from None
        if leap and (instant.hour, instant.minute) != (0, 0):  # they end a day of UTC
            raise rejected("must be a moment that exists")
        return instant


class _Suggestions(Member):
    def described(self) -> dict[str, Any]:
        return {
            "type": "array",
            "minItems": 1,
            "items": _SUGGESTION.described(),
            "description": "The suggestions that were taken; their uuid as id. Needed where the outcome is accepted.",
        }

    def _deserialize(self, value: Any, *_: object, **__: object) -> tuple[str, ...]:
        read, faults = _each(value, _SUGGESTION)
        if faults:
            raise ValidationError(faults)
        return tuple(suggestion["id"] for suggestion in read)


class _Reason(Member):
    def described(self) -> dict[str, Any]:
        filled = ({"required": [name], "properties": {name: {"type": kind}}} for name, kind in _SAYS)
        return {**_REASON.described(), "anyOf": list(filled), "description": "One of them, or both."}

    def _deserialize(self, value: Any, *_: object, **__: object) -> OverrideReason:
        read, faults = _object(value, _REASON)
        if not faults and read["reason"] is None and read["comment"] is None:
            faults = [FieldFault("", "needs a reason or a userComment", "required")]
        if faults:
            raise ValidationError(faults)
        coding = read["reason"] or {}
        return OverrideReason(coding.get("code"), coding.get("system"), coding.get("display"), read["comment"])


class _CodingMember(Member):
    def described(self) -> dict[str, Any]:
        return {**_CODING.described(), "description": "As offered on the card, or a code of your own."}

    def _deserialize(self, value: Any, *_: object, **__: object) -> dict[str, Any]:
        read, faults = _object(value, _CODING)
        if faults:
            raise ValidationError(faults)
        return read


class _CodingSchema(Envelope):
    code = Text(_LABEL, _LABEL_FORM, required=True, longest=_LONGEST_LABEL)
    system = Text(_LABEL, _LABEL_FORM, longest=_LONGEST_LABEL)
    display = Text()


class _ReasonSchema(Envelope):
    reason = _CodingMember()
    comment = Text(data_key="userComment")


class _SuggestionSchema(Envelope):
    id = Text(_LABEL, _LABEL_FORM, required=True, longest=_LONGEST_LABEL)


class _OutcomeSchema(Envelope):
    card = Text(_LABEL, _LABEL_FORM, required=True, longest=_LONGEST_LABEL)
    outcome = Text(re.compile(r"(?:accepted|overridden)\Z"), "accepted or overridden", required=True)
    at = _Instant(data_key="outcomeTimestamp", required=True)
    accepted = _Suggestions(data_key="acceptedSuggestions")
    reason = _Reason(data_key="overrideReason")


#: What an override reason may say, and as what.
_SAYS = (("reason", "object"), ("userComment", "string"))
_CODING, _REASON, _SUGGESTION, _OUTCOME = _CodingSchema(), _ReasonSchema(), _SuggestionSchema(), _OutcomeSchema()


def described_outcome() -> dict[str, Any]:
    """What became of one card, as JSON Schema."""
    accepted = {"required": ["outcome"], "properties": {"outcome": {"const": "accepted"}}}
    needs = {"required": ["acceptedSuggestions"], "properties": {"acceptedSuggestions": {"type": "array"}}}
    return {**_OUTCOME.described(), "if": accepted, "then": needs, "description": "What became of one card."}


def read_feedback(body: bytes) -> tuple[Outcome, ...]:
    """The outcomes that a body reports; raises :class:`EnvelopeRejected` with every field at fault."""
    tree = decode(body)
    if tree.get("feedback") is None:
        raise EnvelopeRejected((FieldFault("feedback", "is required", "required"),))
    read, faults = _each(tree["feedback"], _OUTCOME)
    for index, item in enumerate(read):
        # An item that is at fault already may lack the outcome itself.
        if item.get("outcome") == "accepted" and item.get("accepted", ()) is None:
            place = f"[{index}].acceptedSuggestions"
            faults.append(FieldFault(place, "is required when a card was accepted", "required"))
    if faults:
        raise EnvelopeRejected(tuple(fault.inside("feedback") for fault in faults))
    return tuple(_outcome(item) for item in read)


def _outcome(item: Mapping[str, Any]) -> Outcome:
    # Suggestions beside "overridden" say nothing: the standard has them for accepted cards only.
    accepted = item["accepted"] if item["outcome"] == "accepted" else ()
    return Outcome(item["card"], item["outcome"], item["at"], accepted, item["reason"])


def _object(value: object, schema: Envelope) -> tuple[dict[str, Any], list[FieldFault]]:
    if not isinstance(value, dict):
        return {}, [FieldFault("", "must be an object", "structure")]
    return schema.read(value)


def _each(value: object, schema: Envelope) -> tuple[list[dict[str, Any]], list[FieldFault]]:
    """The items of a filled array, each read by the schema."""
    if not isinstance(value, list):
        return [], [FieldFault("", "must be an array", "structure")]
    if not value:
        return [], [FieldFault("", "must not be empty", "required")]
    read: list[dict[str, Any]] = []
    faults: list[FieldFault] = []
    for index, item in enumerate(value):
        members, wrong = _object(item, schema)
        read.append(members)
        faults += [fault.inside(f"[{index}]") for fault in wrong]
    return read, faults

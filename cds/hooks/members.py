r"""The kinds of members that an envelope or a context has, as marshmallow fields.

Each says what it refuses as a :class:`FieldFault` relative to itself; schemas and paths are put together in
``request`` and ``context``. Text is matched as a whole (``\Z``): ``$`` would let a final line feed through.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any, ClassVar, cast

from marshmallow import EXCLUDE, Schema, ValidationError, fields, missing

from cds.hooks.faults import FieldFault
from cds.hooks.resources import bundle_faults, resource_faults
from cds.hooks.spelling import hint

# Real ids, and the guide's own examples, are longer than FHIR's 64 characters (CTX-16); but an answer repeats them, so
# they do not go on for ever.
LONGEST_ID = 1024
_ID = rf"(?!\.{{1,2}}\Z)[A-Za-z0-9._-]{{1,{LONGEST_ID}}}"
BARE_ID = re.compile(_ID + r"\Z")
LOCAL_REFERENCE = re.compile(r"[A-Z][A-Za-z]{0,63}/" + _ID + r"\Z")
UUID_TEXT = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\Z")
SERVER_URL = re.compile(
    r"[Hh][Tt][Tt][Pp][Ss]?://(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9](?:[A-Za-z0-9._~-]*))(?::(?:[0-9]{1,4}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5]))?(?:/[!$-.0-;=@-Z_a-z~/]*)?\Z"
)
_LONGEST_SECONDS = 2**31 - 1  # 68 years: beyond it an expiry is a mistake, not a lifetime (FHA-03)


class Envelope(Schema):
    """A schema that ignores members it does not know, at every level (GEN-07)."""

    class Meta:
        """What marshmallow reads."""

        unknown = EXCLUDE

    def read(self, data: Mapping[str, Any]) -> tuple[dict[str, Any], list[FieldFault]]:
        """The members by attribute name, and what is wrong with them, in the order of the schema.

        The same fields as ``load`` goes through, without the bookkeeping for nesting and partial loading that our
        flat schemas never use: a third of the time, on every request. A member at fault is left out.
        """
        read: dict[str, Any] = {}
        faults: list[FieldFault] = []
        for attribute, member in self.load_fields.items():
            name = member.data_key or attribute
            value = data.get(name, missing)
            if value is missing and not member.required:
                read[attribute] = None
                continue
            try:
                read[attribute] = cast("Member", member).told(value)
            except ValidationError as error:
                found = cast("list[FieldFault]", error.messages)
                if value is missing:
                    found = [replace(fault, message=fault.message + self.misspelt(name, data)) for fault in found]
                faults.extend(fault.inside(name) for fault in found)
        return read, faults

    def misspelt(self, name: str, data: Mapping[str, Any]) -> str:
        """A hint if a member that is missing is there under nearly its name."""
        return hint(name, data, {member.data_key or attribute for attribute, member in self.load_fields.items()})

    def described(self) -> dict[str, Any]:
        """The object that it reads, as JSON Schema; an optional member may be null."""
        properties: dict[str, Any] = {}
        required = []
        for attribute, member in self.load_fields.items():
            name = member.data_key or attribute
            shape = cast("Member", member).described()
            properties[name] = {"anyOf": [shape, {"type": "null"}]} if member.allow_none else shape
            if member.required:
                required.append(name)
        return {"type": "object", "required": required, "properties": properties}


def rejected(message: str, code: str = "value") -> ValidationError:
    """A refusal of the field that raises it."""
    return ValidationError([FieldFault("", message, code)])


class Member(fields.Field[Any]):
    """A member whose own refusals are field faults; an optional one may be null, which counts as absent (REQ-14)."""

    def described(self) -> dict[str, Any]:
        """What it takes, as JSON Schema."""
        return {}

    _SAID: ClassVar[dict[str, FieldFault]] = {
        "required": FieldFault("", "is required", "required"),
        "null": FieldFault("", "is required and must not be null", "required"),
    }

    def __init__(self, *, data_key: str | None = None, required: bool = False) -> None:
        super().__init__(
            data_key=data_key, required=required, allow_none=not required, load_default=missing if required else None
        )

    def told(self, value: Any) -> Any:
        """What ``deserialize`` gives for a value: ours have no validators, so only what is not there needs more."""
        if value is None or value is missing:
            return self.deserialize(value)
        return self._deserialize(value, None, None)

    def make_error(self, key: str, **_: object) -> ValidationError:
        """What marshmallow itself refuses, in our words."""
        return ValidationError([self._SAID[key]])


class Text(Member):
    """A non-empty string, matching ``pattern`` as a whole when there is one."""

    def __init__(
        self,
        pattern: re.Pattern[str] | None = None,
        form: str = "",
        *,
        data_key: str | None = None,
        required: bool = False,
        longest: int | None = None,
    ) -> None:
        super().__init__(data_key=data_key, required=required)
        self._longest = longest
        self._match = pattern.match if pattern else None
        self._pattern = pattern.pattern if pattern else ""
        self._form = form

    def described(self) -> dict[str, Any]:
        """Its pattern as ECMA-262 writes it."""
        shape: dict[str, Any] = {"type": "string", "minLength": 1}
        if self._pattern:
            shape |= {
                "pattern": f"^{self._pattern.replace(chr(92) + 'Z', '$')}",
                "description": f"Must be {self._form}.",
            }
        return shape | ({"maxLength": self._longest} if self._longest else {})

    def _deserialize(self, value: Any, *_: object, **__: object) -> str:
        if not isinstance(value, str):
            raise rejected("must be a string", "structure")
        if not value:
            raise rejected("must not be an empty string")
        if (self._match and not self._match(value)) or (self._longest and len(value) > self._longest):
            raise rejected(f"must be {self._form}")
        return value


class JSONObjectMember(Member):
    """An object of any members; ``filled`` refuses an empty one."""

    def __init__(self, *, data_key: str | None = None, required: bool = False, filled: bool = False) -> None:
        super().__init__(data_key=data_key, required=required)
        self._filled = filled

    def described(self) -> dict[str, Any]:
        """An object."""
        return {"type": "object", "minProperties": 1} if self._filled else {"type": "object"}

    def _deserialize(self, value: Any, *_: object, **__: object) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise rejected("must be an object", "structure")
        if self._filled and not value:
            raise rejected("must not be empty", "required")
        return value


class Prefetched(JSONObjectMember):
    """The prefetch: by key a resource, or null; its values are judged apart, without being copied."""

    def described(self) -> dict[str, Any]:
        """An object of resources."""
        return {"type": "object", "additionalProperties": {"anyOf": [described_resource(), {"type": "null"}]}}


class Seconds(Member):
    """A whole number of seconds above 0. A boolean, a string or a fraction is none (FHA-03)."""

    def described(self) -> dict[str, Any]:
        """A range of integers."""
        return {"type": "integer", "minimum": 1, "maximum": _LONGEST_SECONDS}

    def _deserialize(self, value: Any, *_: object, **__: object) -> int:
        if type(value) is not int:  # bool is an int to isinstance
            raise rejected("must be a whole number of seconds", "structure")
        if not 0 < value <= _LONGEST_SECONDS:
            raise rejected("must be above 0 and a plausible number of seconds")
        return value


class References(Member):
    """A non-empty array of ``Type/id``."""

    def described(self) -> dict[str, Any]:
        """An array of texts."""
        return {"type": "array", "minItems": 1, "items": _REFERENCE.described()}

    def _deserialize(self, value: Any, *_: object, **__: object) -> tuple[str, ...]:
        if not isinstance(value, list):
            raise rejected("must be an array", "structure")
        if not value:
            raise rejected("must not be empty", "required")
        faults = [
            FieldFault(f"[{index}]", "must be Type/id, relative and without a version")
            for index, item in enumerate(value)
            if not isinstance(item, str) or not LOCAL_REFERENCE.match(item)
        ]
        if faults:
            raise ValidationError(faults)
        return tuple(value)


class ResourceBundle(Member):
    """A Bundle of resources, of ``types`` only if any are given."""

    def __init__(self, *types: str, data_key: str | None = None, required: bool = False) -> None:
        super().__init__(data_key=data_key, required=required)
        self._types = frozenset(types)

    def described(self) -> dict[str, Any]:
        """A Bundle with what is judged of it."""
        entry = {
            "type": "object",
            "required": ["resource"],
            "properties": {"resource": described_resource(self._types)},
        }
        shape = described_resource(frozenset({"Bundle"}))
        shape["properties"]["entry"] = {"type": "array", "items": entry}
        return shape

    def _deserialize(self, value: Any, *_: object, **__: object) -> dict[str, Any]:
        if faults := bundle_faults(value, self._types):
            raise ValidationError(faults)
        return cast("dict[str, Any]", value)


class Resource(Member):
    """One resource of one of ``types``; ``wrapped`` also takes it as ``{"resource": {...}}`` (CTX-08)."""

    def __init__(self, *types: str, data_key: str | None = None, required: bool = False, wrapped: bool = False) -> None:
        super().__init__(data_key=data_key, required=required)
        self._types = frozenset(types)
        self._wrapped = wrapped

    def described(self) -> dict[str, Any]:
        """The resource, or an object that holds it."""
        shape = described_resource(self._types)
        if not self._wrapped:
            return shape
        wrapper = {"type": "object", "required": ["resource"], "properties": {"resource": shape}}
        return {"anyOf": [shape, wrapper]}

    def _deserialize(self, value: Any, *_: object, **__: object) -> dict[str, Any]:
        is_wrapper = self._wrapped and isinstance(value, dict) and "resourceType" not in value and "resource" in value
        resource = value["resource"] if is_wrapper else value
        if faults := resource_faults(resource, self._types):
            found = [fault.inside("resource") for fault in faults] if is_wrapper else faults
            raise ValidationError(found)
        return cast("dict[str, Any]", resource)


class Tasks(Member):
    """An array of Task resources."""

    def described(self) -> dict[str, Any]:
        """An array of Tasks, each with what it is about."""
        focus = {"type": "object", "required": ["reference"], "properties": {"reference": {"type": "string"}}}
        task = described_resource(frozenset({"Task"}))
        task["required"].append("focus")
        task["properties"]["focus"] = focus
        return {"type": "array", "items": task}

    def _deserialize(self, value: Any, *_: object, **__: object) -> list[dict[str, Any]]:
        if not isinstance(value, list):
            raise rejected("must be an array", "structure")
        faults = [
            fault.inside(f"[{index}]")
            for index, item in enumerate(value)
            for fault in resource_faults(item, frozenset({"Task"}))
        ]
        if faults:
            raise ValidationError(faults)
        return value


def described_resource(types: Collection[str] = ()) -> dict[str, Any]:
    """A resource of one of ``types`` (none: of any), as JSON Schema; the rest of FHIR is not judged here."""
    kind: dict[str, Any] = {"enum": sorted(types)} if types else {"type": "string", "minLength": 1}
    return {"type": "object", "required": ["resourceType"], "properties": {"resourceType": kind}}


_REFERENCE = Text(LOCAL_REFERENCE, "Type/id, relative and without a version")

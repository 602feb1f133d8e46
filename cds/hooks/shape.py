"""Checking a JSON value against a shape, with every mistake named by its field and requirement.

What ``response_check`` and ``discovery_check`` are written in. For tests, publish and replay: it is thorough, not
quick, and never runs per request.
"""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

#: An absolute http(s) URL without blanks or control characters.
WEB_URL = re.compile(r"https?://[^\s/?#\x00-\x1f\x7f]+[^\s\x00-\x1f\x7f]*\Z", re.IGNORECASE)


@dataclass(slots=True)
class Findings:
    """What was found wrong, as ``field: requirement text``; the only thing here that grows."""

    lines: list[str] = field(default_factory=list)

    def say(self, place: str, requirement: str, text: str) -> None:
        """Note one mistake."""
        self.lines.append(f"{place}: {requirement} {text}")


Check = Callable[[Findings, str, Any], None]


@dataclass(frozen=True, slots=True)
class Expected:
    """What a member must be: a check, and the requirement to name when it is missing (None: it may be)."""

    check: Check
    required_by: str | None = None


def text(requirement: str, pattern: re.Pattern[str] | None = None, form: str = "") -> Check:
    """A non-empty string, of a form when given."""

    def check(found: Findings, place: str, value: Any) -> None:
        if not isinstance(value, str):
            found.say(place, requirement, "must be a string")
        elif value and pattern and not pattern.match(value):
            found.say(place, requirement, f"must be {form}")

    return check


def one_of(requirement: str, choices: Collection[str]) -> Check:
    """One of some codes, by exact case."""

    def check(found: Findings, place: str, value: Any) -> None:
        if not isinstance(value, str) or value not in choices:
            found.say(place, requirement, f"must be one of {', '.join(sorted(choices))}")

    return check


def boolean(requirement: str) -> Check:
    """True or false."""

    def check(found: Findings, place: str, value: Any) -> None:
        if not isinstance(value, bool):
            found.say(place, requirement, "must be true or false")

    return check


def array(requirement: str, item: Check) -> Check:
    """An array of items; that it is not empty is GEN-02's business."""

    def check(found: Findings, place: str, value: Any) -> None:
        if not isinstance(value, list):
            found.say(place, requirement, "must be an array")
            return
        for index, element in enumerate(value):
            item(found, f"{place}[{index}]", element)

    return check


def extension(found: Findings, place: str, value: Any) -> None:
    """An extension is an object (EXT-01) with names in reverse-domain form (EXT-02)."""
    if not isinstance(value, dict):
        found.say(place, "EXT-01", "must be an object")
        return
    for name in value:
        if "." not in name:
            found.say(f"{place}.{name}", "EXT-02", "should be named in reverse-domain form")


def members(
    found: Findings,
    place: str,
    value: Any,
    shape: Mapping[str, Expected],
    *,
    unknown: str,
    kind: str,
    may_be_empty: Collection[str] = (),
) -> bool:
    """Check an object member by member; False when it is no object.

    unknown: the requirement that forbids other members. kind: the requirement that it be an object.
    """
    if not isinstance(value, dict):
        found.say(place, kind, "must be an object")
        return False
    for name, content in value.items():
        where = joined(place, name)
        if content is None or (content in ("", [], {}) and name not in may_be_empty):
            expected = shape.get(name)
            rule = expected.required_by if expected and expected.required_by else _empty_rule(name, content)
            found.say(where, rule, "must not be null or empty; leave it out (GEN-02)")
        elif name == "extension":
            extension(found, where, content)
        elif name in shape:
            shape[name].check(found, where, content)
        else:
            found.say(where, unknown, "is not a member of the standard; own data goes into extension")
    for name, expected in shape.items():
        if expected.required_by and name not in value:
            found.say(joined(place, name), expected.required_by, "is required")
    return True


def _empty_rule(name: str, content: object) -> str:
    return {"systemActions": "RESP-03", "suggestions": "SUG-07"}.get(name, "GEN-02") if content == [] else "GEN-02"


def joined(place: str, name: str) -> str:
    """The path of a member."""
    return f"{place}.{name}" if place else name

"""Is an answer what CDS Hooks allows? A full validator for tests, publish and replay; never per request.

It judges the wire only (RESP, CARD, SUG, ACT, SYS, OVR, LINK, EXT), not the FHIR inside actions beyond what
identifies a resource, and not whether the advice is right.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from cds.hooks.members import LOCAL_REFERENCE, UUID_TEXT
from cds.hooks.response import LONGEST_SUMMARY
from cds.hooks.shape import WEB_URL, Expected, Findings, array, boolean, members, one_of, text

# Clients render detail as Markdown with raw HTML allowed: anything that could act is refused (CARD-15).
_ACTIVE = re.compile(
    r"<\s*/?\s*(?:script|iframe|object|embed|form|style|link|meta|base|svg)\b|<[^>]*\son[a-z]+\s*="
    r"|(?:javascript|vbscript)\s*:|data\s*:\s*text/html",
    re.IGNORECASE,
)


def check_response(body: object, feedback: bool = False) -> list[str]:
    """What is wrong with an answer, each as ``field: requirement text``; empty when it is valid.

    feedback: whether the service offers feedback, for which every card and suggestion needs a uuid.
    """
    found = Findings()
    shape = {
        "cards": Expected(array("RESP-01", _card), "RESP-01"),
        "systemActions": Expected(array("RESP-03", _system_action)),
    }
    if members(found, "", body, shape, unknown="RESP-04", kind="RESP-01", may_be_empty=("cards",)) and isinstance(
        body, dict
    ):
        cards = [card if isinstance(card, dict) else {} for card in _list(body.get("cards"))]
        _uuids(found, cards, feedback)
    return found.lines


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _uuids(found: Findings, cards: Sequence[Mapping[str, Any]], feedback: bool) -> None:
    seen: set[str] = set()
    for index, card in enumerate(cards):
        _uuid(found, f"cards[{index}]", card, unique="CARD-01", required_by="CARD-14" if feedback else "", seen=seen)
        for number, suggestion in enumerate(_list(card.get("suggestions"))):
            if isinstance(suggestion, dict):
                place = f"cards[{index}].suggestions[{number}]"
                _uuid(found, place, suggestion, unique="SUG-02", required_by="SUG-08" if feedback else "", seen=seen)


def _uuid(
    found: Findings, place: str, holder: Mapping[str, Any], *, unique: str, required_by: str, seen: set[str]
) -> None:
    uuid = holder.get("uuid")
    if uuid is None and required_by:
        found.say(f"{place}.uuid", required_by, "is required where feedback is offered")
    if isinstance(uuid, str):
        if uuid.lower() in seen:
            found.say(f"{place}.uuid", unique, "must be unique in the answer")
        seen.add(uuid.lower())


def _card(found: Findings, place: str, card: Any) -> None:
    if not members(found, place, card, _CARD, unknown="CARD-12", kind="CARD-00"):
        return
    suggestions = _list(card.get("suggestions"))
    if suggestions and "selectionBehavior" not in card:
        found.say(f"{place}.selectionBehavior", "CARD-13", "is required beside suggestions")
    recommended = [s for s in suggestions if isinstance(s, dict) and s.get("isRecommended") is True]
    if card.get("selectionBehavior") == "at-most-one" and len(recommended) > 1:
        found.say(f"{place}.suggestions", "SUG-04", "may recommend one at most")
    reasons = [(r.get("system"), r.get("code")) for r in _list(card.get("overrideReasons")) if isinstance(r, dict)]
    if len(set(map(repr, reasons))) < len(reasons):
        found.say(f"{place}.overrideReasons", "OVR-02", "should not repeat a code")


def _summary(found: Findings, place: str, value: Any) -> None:
    if not isinstance(value, str):
        found.say(place, "CARD-03", "must be a string")
        return
    if len(value) > LONGEST_SUMMARY:
        found.say(place, "CARD-03", f"must have at most {LONGEST_SUMMARY} characters")
    if "\n" in value or "\r" in value:
        found.say(place, "CARD-04", "should be one line")
    _harmless(found, place, value)


def _detail(found: Findings, place: str, value: Any) -> None:
    if not isinstance(value, str):
        found.say(place, "CARD-06", "must be a string")
    else:
        _harmless(found, place, value)


def _harmless(found: Findings, place: str, value: str) -> None:
    if _ACTIVE.search(value):
        found.say(place, "CARD-15", "must not hold active HTML or script URLs")


def _object(shape: Mapping[str, Expected], requirement: str) -> Any:
    def check(found: Findings, place: str, value: Any) -> None:
        members(found, place, value, shape, unknown="CARD-12", kind=requirement)

    return check


def _link(found: Findings, place: str, value: Any) -> None:
    if not members(found, place, value, _LINK, unknown="CARD-12", kind="LINK-00"):
        return
    if "appContext" in value and value.get("type") != "smart":
        found.say(f"{place}.appContext", "LINK-04", "only goes with smart links")


def _suggestion(found: Findings, place: str, value: Any) -> None:
    members(found, place, value, _SUGGESTION, unknown="CARD-12", kind="SUG-07")


def _action(found: Findings, place: str, value: Any) -> None:
    if members(found, place, value, _ACTION, unknown="CARD-12", kind="SUG-05"):
        _target(found, place, value)


def _system_action(found: Findings, place: str, value: Any) -> None:
    if members(
        found, place, value, {**_ACTION, "description": Expected(text("ACT-02"))}, unknown="CARD-12", kind="SYS-01"
    ):
        _target(found, place, value)


def _target(found: Findings, place: str, action: Mapping[str, Any]) -> None:
    """What an action acts on: a whole resource, or the name of the one to delete."""
    kind = action.get("type")
    if kind == "delete":
        if "resource" in action:
            found.say(f"{place}.resource", "ACT-05", "does not go with delete; name it in resourceId")
        if "resourceId" not in action:
            found.say(f"{place}.resourceId", "ACT-05", "is required for delete")
        return
    if kind not in ("create", "update"):
        return
    requirement = "ACT-03" if kind == "create" else "ACT-04"
    if "resourceId" in action:
        found.say(f"{place}.resourceId", requirement, "only goes with delete")
    resource = action.get("resource")
    if "resource" not in action:
        found.say(f"{place}.resource", requirement, f"is required for {kind}")
    elif kind == "update" and isinstance(resource, dict) and not resource.get("id"):
        found.say(f"{place}.resource.id", "ACT-04", "is required: an update names its target")


def _resource(found: Findings, place: str, value: Any) -> None:
    """FHIR inside is not judged, except that it is a resource and not its text (ACT-06)."""
    if not isinstance(value, dict):
        found.say(place, "ACT-06", "must be a resource as JSON")
    elif not isinstance(value.get("resourceType"), str) or not value["resourceType"]:
        found.say(f"{place}.resourceType", "ACT-03", "is required")


def _coding(requirement: str, required: Collection[str]) -> Any:
    def member(name: str) -> Expected:
        return Expected(text(requirement), requirement if name in required else None)

    return _object({name: member(name) for name in ("code", "system", "display")}, requirement)


_URL = "an absolute http(s) URL"
_UUID = "a UUID (8-4-4-4-12 hex digits)"
_SOURCE = {
    "label": Expected(text("CARD-07"), "CARD-07"),
    "url": Expected(text("CARD-09", WEB_URL, _URL)),
    "icon": Expected(text("CARD-10", WEB_URL, _URL)),
    "topic": Expected(_coding("CARD-11", ("code", "system"))),
}
_LINK = {
    "label": Expected(text("LINK-01"), "LINK-01"),
    "url": Expected(text("LINK-02", WEB_URL, _URL), "LINK-02"),
    "type": Expected(one_of("LINK-03", ("absolute", "smart")), "LINK-03"),
    "appContext": Expected(text("LINK-04")),
    "autolaunchable": Expected(boolean("LINK-05")),
}
_ACTION = {
    "type": Expected(one_of("ACT-01", ("create", "update", "delete")), "ACT-01"),
    "description": Expected(text("ACT-02"), "ACT-02"),
    "resource": Expected(_resource),
    "resourceId": Expected(text("ACT-05", LOCAL_REFERENCE, "Type/id")),
}
_SUGGESTION = {
    "label": Expected(text("SUG-01"), "SUG-01"),
    "uuid": Expected(text("SUG-02", UUID_TEXT, _UUID)),
    "isRecommended": Expected(boolean("SUG-03")),
    "actions": Expected(array("SUG-05", _action)),
    "actionSelectionBehavior": Expected(one_of("SUG-06", ("all", "any", "at-most-one"))),
}
_CARD = {
    "uuid": Expected(text("CARD-01", UUID_TEXT, _UUID)),
    "summary": Expected(_summary, "CARD-03"),
    "detail": Expected(_detail),
    "indicator": Expected(one_of("CARD-05", ("info", "warning", "critical")), "CARD-05"),
    "source": Expected(_object(_SOURCE, "CARD-07"), "CARD-07"),
    "suggestions": Expected(array("SUG-07", _suggestion)),
    "selectionBehavior": Expected(one_of("CARD-13", ("at-most-one", "any"))),
    "overrideReasons": Expected(array("OVR-01", _coding("OVR-01", ("code", "system", "display")))),
    "links": Expected(array("LINK-00", _link)),
}

"""Is a discovery answer what CDS Hooks allows? For tests and publish: services (DISC) and templates (PRE-01 to 07).

Templates are judged by what real clients can honour: a relative read or a type-level search with tokens of that very
hook. Whether a template asks for the right data is the rules' business.
"""

import re
from typing import Any

from cds.hooks.context import HOOKS
from cds.hooks.shape import Check, Expected, Findings, array, members, text

_ID = re.compile(r"(?!\.{1,2}\Z)[A-Za-z0-9._~-]+\Z")
_HOOK_NAME = re.compile(r"[a-z][a-z0-9]*(?:[-.][a-z0-9]+)+\Z", re.IGNORECASE)
_SEMANTIC_VERSION = re.compile(r"\d+\.\d+\.\d+(?:[-+][0-9A-Za-z.+-]+)?\Z")
_TOKEN = re.compile(r"\{\{(.*?)\}\}")
_READ = re.compile(r"(?:[A-Z][A-Za-z]*/)?\x00\Z|[A-Z][A-Za-z]*/[A-Za-z0-9.-]+\Z")
_SEARCH = re.compile(r"[A-Z][A-Za-z]*\?[^\s?#]+\Z")
_SIMPLE = re.compile(r"context\.[A-Za-z]+\Z")
_FHIRPATH = re.compile(
    r"(?:context(?:\.[A-Za-z]+(?:\([A-Za-z]*\))?)+|%[A-Za-z0-9_-]+(?:\.[A-Za-z]+(?:\([A-Za-z]*\))?)*"
    r"|today\(\)(?: [+-] \d+ days)?)\Z"
)
_KEY = re.compile(r"%([A-Za-z0-9_-]+)")
_USER_TOKENS = frozenset({"userPractitionerId", "userPractitionerRoleId", "userPatientId", "userRelatedPersonId"})


def check_discovery(body: object) -> list[str]:
    """What is wrong with a discovery answer, each as ``field: requirement text``; empty when it is valid."""
    found = Findings()
    services = Expected(array("DISC-02", _service), "DISC-02")
    if members(found, "-", body, {"services": services}, unknown="DISC-14", kind="DISC-02", may_be_empty=("services",)):
        found.lines = [line.removeprefix("-.") for line in found.lines]
        _distinct(found, body)
    return found.lines


def _distinct(found: Findings, body: Any) -> None:
    seen: set[tuple[str, str]] = set()
    services = body.get("services")
    for index, service in enumerate(services if isinstance(services, list) else []):
        if isinstance(service, dict):
            pair = (repr(service.get("id")), repr(service.get("hook")))
            if pair in seen:
                found.say(f"services[{index}]", "DISC-12", "repeats an id with the same hook")
            seen.add(pair)


def _service(found: Findings, place: str, service: Any) -> None:
    if not members(found, place, service, _SERVICE, unknown="DISC-14", kind="DISC-02"):
        return
    prefetch = service.get("prefetch")
    if isinstance(prefetch, dict):
        earlier: set[str] = set()
        for key, template in prefetch.items():
            _template(found, f"{place}.prefetch.{key}", template, service.get("hook"), earlier)
            earlier.add(key)


def _template(found: Findings, place: str, template: Any, hook: object, earlier: set[str]) -> None:
    if not isinstance(template, str) or not template:
        found.say(place, "DISC-08", "must be a template, as a non-empty string")
        return
    tokens = _TOKEN.findall(template)
    bare = _TOKEN.sub("\x00", template)
    if "{{" in bare or "}}" in bare:
        found.say(place, "PRE-01", "has an unbalanced token")
    for token in tokens:
        _token(found, place, token, hook, earlier)
    # userId is "Type/id": alone it is a read.
    if not (_READ.match(bare) or _SEARCH.match(bare)):
        found.say(place, "PRE-04", "must be a relative read (Type/id) or search (Type?...)")


def _token(found: Findings, place: str, token: str, hook: object, earlier: set[str]) -> None:
    if token in _USER_TOKENS:
        return
    paths = token.split("|")
    if not all(_FHIRPATH.match(path) for path in paths):
        found.say(place, "PRE-01", "has a token that is neither context.<field> nor a user token, without blanks")
        return
    for key in _KEY.findall(token):
        if key not in earlier:
            found.say(place, "PRE-07", "uses a key that does not stand before it")
    known = HOOKS.get(hook) if isinstance(hook, str) else None
    if _SIMPLE.match(token) and known and token.removeprefix("context.") not in known.tokens:
        found.say(place, "PRE-02", "uses a context field that this hook does not have as a token")


def _prefetch(found: Findings, place: str, value: Any) -> None:
    if not isinstance(value, dict):
        found.say(place, "DISC-08", "must be an object of templates")


def _hook_version(found: Findings, place: str, value: Any) -> None:
    if not isinstance(value, str):
        found.say(place, "DISC-11", "must be a string")


_TITLE: Check = text("DISC-07")
_SERVICE = {
    "hook": Expected(text("DISC-13", _HOOK_NAME, "noun-verb or in reverse-domain form"), "DISC-04"),
    "title": Expected(_TITLE),
    "description": Expected(text("DISC-05"), "DISC-05"),
    "id": Expected(text("DISC-06", _ID, "one URL path segment"), "DISC-06"),
    "prefetch": Expected(_prefetch),
    "usageRequirements": Expected(text("DISC-09")),
    "version": Expected(text("DISC-10", _SEMANTIC_VERSION, "the semantic version of the guide, as in 2.0.1")),
    "hookVersion": Expected(_hook_version),
}

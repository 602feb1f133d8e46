"""The versions that a request asks for: ``extension["org.cds-rules.pin"] = {ruleset: version}``, for tests and replays.

A pin goes before stages and effective dates. Refuses what it cannot honour; no refusal repeats the client's text.
"""

import re
from collections.abc import Collection

from cds.access.client import Client
from cds.decisions.lineup import Lineup, Pins
from cds.errors import ServiceFault
from cds.hooks.faults import EnvelopeRejected, FieldFault
from cds.hooks.request import HookRequest

PIN_EXTENSION = "org.cds-rules.pin"
PIN_FIELD = f"extension.{PIN_EXTENSION}"
_NAME = re.compile(r"[a-z][a-z0-9-]{0,99}\Z")


class PinNotAllowed(ServiceFault):
    """The client asks for versions, and that was not agreed with it."""


def read_pins(request: HookRequest, client: Client, lineup: Lineup) -> Pins:
    """The versions asked for, by ruleset; none for nearly every request.

    Raises :class:`EnvelopeRejected` naming the field, and :class:`PinNotAllowed`.
    """
    told = (request.extension or {}).get(PIN_EXTENSION)
    if told is None:
        return {}
    if not isinstance(told, dict) or not all(isinstance(version, str) for version in told.values()):
        raise EnvelopeRejected((FieldFault(PIN_FIELD, "must be an object of versions by ruleset", "structure"),))
    if not client.pin:
        raise PinNotAllowed(client.id)
    faults = [_fault(name, version, lineup) for name, version in told.items()]
    if found := tuple(fault for fault in faults if fault is not None):
        raise EnvelopeRejected(found)
    return told


def _fault(name: str, version: str, lineup: Lineup) -> FieldFault | None:
    if (name, version) in lineup.pinnable and name in lineup.staged:
        return None
    if name not in lineup.staged:
        place = f"{PIN_FIELD}.{name}" if _NAME.match(name) else PIN_FIELD
        return FieldFault(place, "is no ruleset of this service", "not-found")
    return FieldFault(f"{PIN_FIELD}.{name}", f"must be a version that is loaded: {_loaded(name, lineup)}", "not-found")


def _loaded(name: str, lineup: Lineup) -> str:
    versions: Collection[str] = [version for ruleset, version in lineup.pinnable if ruleset == name]
    return ", ".join(versions) or "none is"

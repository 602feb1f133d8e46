"""The case adapter: a case as its author wrote it to the request that this service's discovery asks for.

Between reading and asking; the same in process and over HTTP. Pure. It reads prefetch templates only for the
resource type they ask for, and hands over the case's whole record of that type: judging windows and codes is the
service's work. Every change is named and counted. It never touches a label, and never lets a replay reach a FHIR
server. A case that cannot be put at all is :class:`NotApplicable`, with the reason.
"""

import re
import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from cds.replay.case import Case, Json, NotApplicable
from cds.replay.drafts import adapt_drafts
from cds.replay.people import is_foreign
from cds.replay.record import fill, gather

#: What stands for the clinician where a case names none.
PLACEHOLDER_USER = "Practitioner/placeholder"
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_USER = re.compile(r"[A-Z][A-Za-z]+/[A-Za-z0-9._-]+")
_ID_MEMBERS = {"patientId": "Patient/", "encounterId": "Encounter/"}
# A stored case must not make us fetch, and its token is none of our business.
_SERVER_MEMBERS = ("fhirServer", "fhirAuthorization")


@dataclass(frozen=True, slots=True)
class Adapted:
    """A request ready to send, the service it goes to, and what was changed: the name of each change and how often."""

    service_id: str
    request: Json
    changes: Mapping[str, int] = field(default_factory=dict)


def adapt(case: Case, services: Sequence[Json], wanted: str = "") -> Adapted | NotApplicable:
    """The case as a request to the service of its hook that is ``wanted`` by id, else to the first of the hook.

    ``services``: the entries of discovery.
    """
    hosts = [service for service in services if service.get("hook") == case.hook]
    hosts.sort(key=lambda service: service.get("id") != wanted)
    if not hosts:
        return NotApplicable("no service listens to its hook")
    changes: Counter[str] = Counter()
    context = _identified(case, changes)
    if not isinstance(context.get("patientId"), str):
        return NotApplicable("it names no patient")
    resources = gather(case.request)
    own = [resource for resource in resources if not is_foreign(resource, context["patientId"], resources)]
    changes["foreign-resource-dropped"] += len(resources) - len(own)
    drafted = adapt_drafts(case.hook, context, changes)
    if isinstance(drafted, NotApplicable):
        return drafted
    changes["other-service-of-the-hook-not-asked"] += len(hosts) - 1
    request = {key: value for key, value in case.request.items() if key not in _SERVER_MEMBERS}
    changes["fhir-server-removed"] += len(request) != len(case.request)
    request["context"] = drafted
    request["hookInstance"] = _hook_instance(case, changes)
    request["prefetch"] = fill(hosts[0].get("prefetch") or {}, own, case.request, drafted, changes)
    return Adapted(str(hosts[0]["id"]), request, +changes)


def as_it_is(case: Case, services: Sequence[Json]) -> Adapted | NotApplicable:
    """The case unchanged, to the service of its hook (to any service if none has it, which must then refuse)."""
    if not services:
        return NotApplicable("there is no service")
    host = next((service for service in services if service.get("hook") == case.hook), services[0])
    return Adapted(str(host["id"]), case.request)


def _identified(case: Case, changes: Counter[str]) -> dict[str, Any]:
    """The context with bare ids, a user, and no null members."""
    written = case.request.get("context")
    context = {k: v for k, v in (written if isinstance(written, dict) else {}).items() if v is not None}
    changes["null-context-member-removed"] += len(written) - len(context) if isinstance(written, dict) else 0
    for member, prefix in _ID_MEMBERS.items():
        value = context.get(member)
        if isinstance(value, str) and value.startswith(prefix):
            context[member] = value.removeprefix(prefix)
            changes[f"{member}-prefix-stripped"] += 1
    if not isinstance(context.get("patientId"), str):
        _take_patient(case, context, changes)
    if not _names_user(context.get("userId")):
        legacy = case.request.get("user")  # CDS Hooks 1.0 before its release: beside the context
        context["userId"] = legacy if _names_user(legacy) else PLACEHOLDER_USER
        changes["user-from-legacy-member" if _names_user(legacy) else "user-placeholder"] += 1
    return context


def _names_user(value: object) -> bool:
    return isinstance(value, str) and _USER.fullmatch(value) is not None


def _take_patient(case: Case, context: dict[str, Any], changes: Counter[str]) -> None:
    """Names the patient whose record it is, if the record holds exactly one."""
    ids = {str(r["id"]) for r in gather(case.request) if r["resourceType"] == "Patient" and r.get("id")}
    if len(ids) == 1:
        context["patientId"] = ids.pop()
        changes["patient-from-record"] += 1


def _hook_instance(case: Case, changes: Counter[str]) -> str:
    """The case's own UUID, or one that follows from its id, so that a repeated replay asks the same."""
    own = case.request.get("hookInstance")
    if isinstance(own, str) and _UUID.fullmatch(own):
        return own
    changes["hook-instance-given"] += 1
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"urn:cds-rules:case:{case.id}"))

"""``GET /cds-services``: each service with the prefetch that its rules need."""

from typing import Any

from cds.hooks.context import HOOKS
from cds.hooks.prefetch import Template
from cds.services.catalogue import Service

#: The version of the CDS Hooks guide that is implemented (DISC-10).
GUIDE_VERSION = "2.0.1"


def describe(service: Service, templates: tuple[Template, ...]) -> dict[str, Any]:
    """One entry of the discovery answer."""
    entry: dict[str, Any] = {
        "hook": service.hook,
        "title": service.title,
        "description": service.description,
        "id": service.id,
        "version": GUIDE_VERSION,
        "prefetch": {template.key: template.query for template in templates},
    }
    if service.hook in HOOKS:  # an organisation's own is published nowhere that it could equal (DISC-11)
        entry["hookVersion"] = HOOKS[service.hook].version
    return entry | ({"usageRequirements": service.usage_requirements} if service.usage_requirements else {})

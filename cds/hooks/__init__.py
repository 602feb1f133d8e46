"""The CDS Hooks wire contract, in and out: request bytes to a :class:`HookRequest`, cards to a checked body.

Nothing here judges a patient, fetches, logs or knows HTTP; the words of a fault never repeat a value of the request.
"""

from cds.hooks.faults import EnvelopeRejected, FieldFault, PrefetchMissing, UnknownService
from cds.hooks.prefetch import Supplied, Supply, Template, read_supplied
from cds.hooks.request import FHIRAuthorization, HookRequest, read_request

__all__ = [
    "EnvelopeRejected",
    "FHIRAuthorization",
    "FieldFault",
    "HookRequest",
    "PrefetchMissing",
    "Supplied",
    "Supply",
    "Template",
    "UnknownService",
    "read_request",
    "read_supplied",
]

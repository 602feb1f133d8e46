"""Why a hook call could not be taken: faults as data, for ``cds.api.faults`` to turn into a status.

No fault carries a value of the request: a message says what is wrong with a field, never what stood in it.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from cds.errors import ServiceFault


@dataclass(frozen=True, slots=True)
class FieldFault:
    """One thing wrong with one field.

    field: where, as in ``context.draftOrders.entry[0].resource``; ``body`` for the body as a whole.
    message: what is wrong and what to send instead, without the value.
    code: a FHIR issue type (``required``, ``value``, ``structure``, ``invariant``, ``invalid``).
    """

    field: str
    message: str
    code: str = "value"

    def inside(self, parent: str) -> "FieldFault":
        """The same fault, told from the member or index that holds it; an empty field is the parent itself."""
        joint = "" if not self.field or self.field.startswith("[") else "."
        return FieldFault(f"{parent}{joint}{self.field}", self.message, self.code)


class EnvelopeRejected(ServiceFault):
    """The request is not understood; nothing was judged. ``faults`` names every field at fault."""

    def __init__(self, faults: tuple[FieldFault, ...]) -> None:
        super().__init__(", ".join(f"{fault.field} ({fault.code})" for fault in faults))
        self.faults = faults


class UnknownService(ServiceFault):
    """No service has this id."""

    def __init__(self, service_id: str) -> None:
        super().__init__()
        self.service_id = service_id


class PrefetchMissing(ServiceFault):
    """Data without which nothing can be judged was neither supplied nor to be had.

    keys: the prefetch keys that would help. definitions: by key, the definitions that wanted it. not_fetched: by key,
    why it could not be had from the client's FHIR server, where one was named. misspelt: by field, a hint where it is
    there under nearly its name.
    """

    def __init__(self, keys: tuple[str, ...], definitions: Mapping[str, tuple[str, ...]] | None = None) -> None:
        super().__init__(", ".join(keys))
        self.keys = keys
        self.definitions: Mapping[str, tuple[str, ...]] = definitions or {}
        self.not_fetched: Mapping[str, str] = {}
        self.misspelt: Mapping[str, str] = {}

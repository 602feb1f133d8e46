"""The fault of a request that mixes two patients: nothing of it is judged (400 on the wire)."""

from cds.errors import ServiceFault


class WrongPatient(ServiceFault):
    """A draft, or the prefetched Patient, is of another patient than the context.

    field: where in the request it stands (``context.draftOrders.entry[0].resource.subject``), never what stands there.
    """

    def __init__(self, field: str) -> None:
        super().__init__(field)
        self.field = field

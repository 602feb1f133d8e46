"""The family name of our run-time faults, and nothing more.

A fault carries data, never prose for the wire and never patient data: only ``cds.api.faults``
knows which HTTP status and words belong to it. Author mistakes are values
(``cds.documents.problem.Problem``), not faults.
"""


class ServiceFault(Exception):
    """The service could not do what was asked; subclasses say what, as data."""

"""A desk that reads the request and advises nothing, for the tests of the HTTP skin."""

from cds.access.client import ANONYMOUS
from cds.api import create_app
from cds.decisions.budget import UNLIMITED
from cds.hooks import UnknownService, read_request
from cds.settings import Settings

HOOKS = ("patient-view", "order-select", "order-sign")


class FakeDesk:
    """One service per hook, named like it; ``fault`` is raised instead of an answer."""

    def __init__(self, fault=None, ready=True, hooks=HOOKS):
        self.fault = fault
        self.ready = ready
        self.hooks = hooks
        self.moments = []
        self.clients = []
        self.budgets = []
        self.refusals = []

    def knows(self, service_id):
        return service_id in self.hooks

    def discovery(self, moment):
        self.moments.append((moment, None))
        return [{"hook": hook, "id": hook, "description": "Synthetic."} for hook in self.hooks]

    def answer(self, service_id, body, moment, *, pinned, client=ANONYMOUS, budget=UNLIMITED):
        if not self.knows(service_id):
            raise UnknownService(service_id)
        self.moments.append((moment, pinned))
        self.clients.append(client)
        self.budgets.append(budget)
        read_request(body, frozenset({service_id}))
        if self.fault:
            raise self.fault
        return b'{"cards":[]}'

    def refused(self, refused):
        self.refusals.append(refused)

    def loaded(self, moment):
        return []

    def not_effective(self, moment):
        return []

    def notices(self, moment):
        return []

    def health(self):
        return {"ready": self.ready, "problems": [] if self.ready else ["no rulesets are loaded"]}


def client(desk=None, gate=None, **settings):
    return create_app(Settings(**settings), desk or FakeDesk(), gate).test_client()

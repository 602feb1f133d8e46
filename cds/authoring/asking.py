"""One version of a ruleset, compiled once, and put to requests as a service would: for ``cds explain``. Pure."""

from dataclasses import dataclass, field

from cds.decisions.reading import record_of
from cds.facts.dates import Moment
from cds.facts.fact import Record
from cds.hooks.context import HOOKS
from cds.hooks.prefetch import Template, read_supplied
from cds.hooks.request import HookRequest, read_request
from cds.rules.engine.composition import EngineMaker
from cds.rules.judge.plan import Plan, compile_ruleset, join
from cds.rules.prefetch.derive import derive_templates
from cds.rules.ruleset import Ruleset


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """A compiled version, and what it would ask a client for at each hook that it was asked at."""

    ruleset: Ruleset
    plan: Plan
    _templates: dict[str, tuple[Template, ...]] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, ruleset: Ruleset, make_engine: EngineMaker) -> "Asked":
        """Compile it."""
        return cls(ruleset, join((compile_ruleset(ruleset, make_engine),)))

    def templates(self, hook: str) -> tuple[Template, ...]:
        """Its prefetch at a hook."""
        if hook not in self._templates:
            self._templates[hook] = derive_templates((self.ruleset,), hook)
        return self._templates[hook]

    def read(self, body: bytes) -> tuple[HookRequest, tuple[Template, ...]]:
        """A request, and what is asked for at its hook. Raises :class:`cds.errors.ServiceFault`."""
        request = read_request(body, frozenset(HOOKS) | self.ruleset.hooks)
        return request, self.templates(request.hook)

    def record(self, request: HookRequest, moment: Moment) -> Record:
        """What the request tells. Raises :class:`cds.errors.ServiceFault`."""
        supplied = read_supplied(request.prefetch, self.templates(request.hook))
        return record_of(request, supplied, self.plan, moment)

"""What answers at a moment for a service: the selected versions, compiled together, and their prefetch."""

from collections.abc import Mapping
from dataclasses import dataclass

from cds.decisions.identity import build
from cds.hooks.prefetch import Template
from cds.rules.engine.composition import EngineMaker
from cds.rules.judge.plan import Plan, RulesetPlan, compile_ruleset, join
from cds.rules.prefetch.derive import derive_templates
from cds.rules.ruleset import Ruleset
from cds.services.catalogue import Service


@dataclass(frozen=True, slots=True, eq=False)
class Selected:
    """The compiled selection of one service; the same object for every request that selects the same versions."""

    service: Service
    plan: Plan
    templates: tuple[Template, ...]
    not_effective: tuple[str, ...]
    #: What a judgement depends on beside the facts. Client settings that change meaning join here.
    context: tuple[bytes, ...]


def compile_all(rulesets: tuple[Ruleset, ...], make_engine: EngineMaker) -> dict[str, RulesetPlan]:
    """Every version compiled once, by pinned address."""
    return {ruleset.pinned: compile_ruleset(ruleset, make_engine) for ruleset in rulesets}


def assemble(
    service: Service,
    rulesets: tuple[Ruleset, ...],
    not_effective: tuple[str, ...],
    compiled: Mapping[str, RulesetPlan],
    all_versions: tuple[Ruleset, ...],
) -> Selected:
    """The selection of a service. ``all_versions``: every version it may select: prefetch asks for their union, so
    that discovery does not change under a client on the day a version takes effect.
    """
    plan = join(tuple(compiled[ruleset.pinned] for ruleset in rulesets))
    addresses = (part.ruleset.pinned.encode() for part in plan.parts)
    context = (build().encode(), service.id.encode(), *addresses)
    return Selected(service, plan, derive_templates(all_versions, service.hook), not_effective, context)

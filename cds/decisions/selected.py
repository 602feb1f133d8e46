"""What answers at a moment for a service: the selected versions, compiled together, and their prefetch."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from cds.decisions.identity import build, digest
from cds.decisions.repeating import Rests, rests_of
from cds.hooks.prefetch import Template
from cds.rules.collecting import collector_paused
from cds.rules.engine.composition import EngineMaker
from cds.rules.judge.plan import Plan, RulesetPlan, compile_ruleset, join
from cds.rules.prefetch.derive import derive_templates
from cds.rules.ruleset import Ruleset
from cds.services.catalogue import Service

#: A ruleset and one of its rules, by name.
RuleName = tuple[str, str]


@dataclass(frozen=True, slots=True, eq=False)
class Selected:
    """The compiled selection of one service; the same object for every request that selects the same versions.

    rulesets, stopped: as answers and records name them. is_pinned: a request chose a version.
    shadows: versions that are judged beside it and never shown, each by itself. whole: the compiled rulesets as
    loaded, which must last as long as this does.
    """

    service: Service
    plan: Plan
    templates: tuple[Template, ...]
    not_effective: tuple[str, ...]
    #: What a judgement depends on beside the facts. Client settings that change meaning join here.
    context: tuple[bytes, ...]
    rulesets: tuple[Mapping[str, Any], ...] = ()
    stopped: tuple[Mapping[str, str], ...] = ()
    is_pinned: bool = False
    shadows: "tuple[Selected, ...]" = ()
    whole: tuple[RulesetPlan, ...] = ()
    #: Rules whose cards are not shown again for a while.
    rests: Rests = field(default_factory=dict)


@collector_paused()
def compile_all(rulesets: tuple[Ruleset, ...], make_engine: EngineMaker) -> dict[str, RulesetPlan]:
    """Every version compiled once, by pinned address."""
    return {ruleset.pinned: compile_ruleset(ruleset, make_engine) for ruleset in rulesets}


@collector_paused()
def assemble(
    service: Service,
    rulesets: tuple[Ruleset, ...],
    not_effective: tuple[str, ...],
    compiled: Mapping[str, RulesetPlan],
    all_versions: tuple[Ruleset, ...],
    *,
    stages: Mapping[str, str] | None = None,
    stopped: Collection[RuleName] = (),
    shadows: tuple[Selected, ...] = (),
) -> Selected:
    """The selection of a service. ``all_versions``: every version it may select: prefetch asks for their union, so
    that discovery does not change under a client on the day a version takes effect.

    stages: by ruleset, of those that are not active (``canary``, ``pin``, ``shadow``). stopped: rules that say
    nothing. shadows: versions that are judged beside it.
    """
    whole = tuple(compiled[ruleset.pinned] for ruleset in rulesets)
    plan = join(tuple(without_rules(part, stopped) for part in whole))
    stopped_here = tuple(
        {"ruleset": part.ruleset.address, "rule": goals.rule.id}
        for part in whole
        for goals in part.goals
        if (part.ruleset.name, goals.rule.id) in stopped
    )
    addresses = (part.ruleset.pinned.encode() for part in plan.parts)
    stops = (f"stopped {one['ruleset']} {one['rule']}".encode() for one in stopped_here)
    stages = stages or {}
    templates = derive_templates(all_versions, service.hook)
    # A judgement says which templates were not supplied, and a shadow alone may change what is asked for.
    asked = digest(repr([(template.key, template.query) for template in templates]).encode())
    return Selected(
        service,
        plan,
        templates,
        not_effective,
        (build().encode(), service.id.encode(), *addresses, *stops, asked.encode()),
        tuple(_named(part.ruleset, stages.get(part.ruleset.name)) for part in whole),
        stopped_here,
        is_pinned="pin" in stages.values(),
        shadows=shadows,
        whole=whole,
        rests=rests_of(plan),
    )


def without_rules(part: RulesetPlan, stopped: Collection[RuleName]) -> RulesetPlan:
    """A compiled ruleset in which some rules say nothing; the engine is shared.

    One of a family keeps its place: the words of a lower tier are written for those whom no higher one concerns.
    """
    silent = frozenset(goals.rule.id for goals in part.goals if (part.ruleset.name, goals.rule.id) in stopped)
    if not silent:
        return part
    kept = tuple(goals for goals in part.goals if goals.rule.family or goals.rule.id not in silent)
    return replace(part, goals=kept, stopped=silent)


def _named(ruleset: Ruleset, stage: str | None) -> dict[str, Any]:
    named: dict[str, Any] = {"ruleset": ruleset.name, "version": ruleset.version, "digest": ruleset.digest}
    if ruleset.site:
        named["site"] = ruleset.site
    return named | ({"stage": stage} if stage else {})

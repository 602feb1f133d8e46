"""Doubt in the tiers of a family: somebody tells it wherever it may be, and it stands in the way of no graver tier."""

from collections.abc import Iterable, Iterator
from fractions import Fraction
from itertools import combinations

from cds.documents.problem import Problem
from cds.rules.analysis.numbers import holds_strictly
from cds.rules.analysis.reach import conditions_of
from cds.rules.analysis.showing import show
from cds.rules.analysis.stance import Stance, conflict, follows, root_number, stance_of
from cds.rules.definition import Entry, Find, Limit
from cds.rules.references import TELLING, closure, doubt_inside, kinds_of
from cds.rules.ruleset import Rule, Ruleset
from cds.units.quantity import Interval, Quantity
from cds.units.ucum import convert

_GRAVITY = {"info": 0, "warning": 1, "critical": 2}
#: A rule, and the entry with which it tells of a doubt.
Telling = tuple[Rule, Entry]


def check_doubts(ruleset: Ruleset, rules: list[Rule]) -> Iterator[Problem]:
    """The rules of one family: doubts that no tier tells (CDS445), or that hide a graver tier (CDS446)."""
    yield from _check_told(ruleset, rules)
    yield from _check_hiding(ruleset, rules)


def check_named_rules(ruleset: Ruleset) -> Iterator[Problem]:
    """The rule that ``when-unknown`` names has to test the doubt that it is named for (CDS462)."""
    by_id = {rule.id: rule for rule in ruleset.rules}
    for rule in ruleset.rules:
        named = by_id.get(rule.when_unknown)
        if named is None:
            continue
        asked = closure(ruleset, tuple(entry.name for entry in named.when if entry.prefix in TELLING))
        needed = closure(ruleset, tuple(entry.name for entry in rule.when if entry.prefix in ("", "not")))
        if not asked & needed:
            what = f'when-unknown names "{named.id}", which does not test what "{rule.id}" may not know'
            hint = f"`unknown <name>` in the conditions of {named.id}{doubt_inside(ruleset, (named,))}"
            yield Problem("CDS462", rule.location, what, hint)


# --- told ----------------------------------------------------------------------------------------


def _check_told(ruleset: Ruleset, rules: list[Rule]) -> Iterator[Problem]:
    """A tier whose own doubt no rule tells: that its family has an ``unknown x`` about something else is no answer."""
    if ruleset.applies.when_unknown or not any(_tellings(rules)):
        return
    told: set[str] = set()  # each doubt once for a family
    for rule in rules:
        for entry in () if rule.when_unknown else rule.when:
            if entry.name in told or not _may_be_unknown(ruleset, entry) or _is_softened(ruleset, rules, rule, entry):
                continue
            if why := _untold(ruleset, rules, rule, entry):
                told.add(entry.name)
                hint = f"a tier with `unknown {entry.name}`, or when-unknown: stay-silent{doubt_inside(ruleset, rules)}"
                what = f'"{entry.name}" may leave "{rule.id}" open, and {why}'
                yield Problem("CDS445", rule.location, what, hint, "warning")


def _tellings(rules: Iterable[Rule]) -> Iterator[Telling]:
    return ((rule, entry) for rule in rules for entry in rule.when if entry.prefix in TELLING)


def _may_be_unknown(ruleset: Ruleset, entry: Entry) -> bool:
    """Drafts come with the request itself; what asks for doubt is always decided."""
    definition = ruleset.definitions.get(entry.name)
    if definition is None or entry.prefix not in ("", "not"):
        return False
    return not isinstance(definition.clause, Find) or not kinds_of(ruleset, definition.clause.source) <= {
        "order",
        "draft",
    }


def _is_softened(ruleset: Ruleset, rules: list[Rule], rule: Rule, doubtful: Entry) -> bool:
    """Another tier asks for the rest only: it fires in place of this one while the doubt lasts."""
    rest = _rest(ruleset, rule, doubtful)
    return any(all(follows(rest, entry) for entry in other.when) for other in rules if other is not rule)


def _rest(ruleset: Ruleset, rule: Rule, doubtful: Entry) -> Stance:
    return stance_of(ruleset, (entry for entry in conditions_of(ruleset, rule) if entry is not doubtful))


def _untold(ruleset: Ruleset, rules: list[Rule], rule: Rule, doubtful: Entry) -> str:
    """Why nobody tells of a doubt, or "" if somebody does."""
    about = closure(ruleset, (doubtful.name,))
    near = [(other, t) for other, t in _tellings(ruleset.rules) if closure(ruleset, (t.name,)) & about]
    if not near:
        return f"its family tells only {_all(entry.name for _, entry in _tellings(rules))}"
    gaps = [_gap(ruleset, rules, rule, doubtful, telling) for _, telling in near]
    telling = [each for each, gap in zip(near, gaps, strict=True) if not gap]
    if not telling:
        return gaps[0]
    missed = {other.id: _missed(ruleset, rule, doubtful, other, telling) for other, _ in telling}
    heard = [other.hooks or ruleset.hooks for other, _ in telling if not missed[other.id]]
    if not heard:
        return next(iter(missed.values()))
    silent = (rule.hooks or ruleset.hooks).difference(*heard)
    return f"at {', '.join(sorted(silent))} nobody tells it" if silent else ""


def _all(names: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(f"unknown {name}" for name in names))


def _gap(ruleset: Ruleset, rules: list[Rule], rule: Rule, doubtful: Entry, telling: Entry) -> str:
    """Values of a number for which the test is unknown and what is told is not; "" if there are none."""
    test, told = ruleset.definitions[doubtful.name], ruleset.definitions[telling.name]
    if not isinstance(test.test, Limit) or telling.name == doubtful.name:
        return ""
    root = root_number(ruleset, test)
    if root != root_number(ruleset, told):
        return ""
    decides = told.if_absent if told.is_truth else "absent"
    if decides and not test.if_absent and telling.prefix == "unknown":
        return f'"{telling}" is not so where "{root}" is absent'
    unit = test.test.unit
    same = _converted(told.test, unit) if isinstance(told.test, Limit) else None
    holding = _held_by_tiers(ruleset, rules, rule, doubtful)
    edges = {same.low, same.high} if same is not None else set()
    for edge in (test.test.interval.low, test.test.interval.high):
        if edge is None or edge in edges or any(_all_hold(pieces, edge) for pieces in holding):
            continue
        around = show(Interval.exactly(edge), unit)
        return f'"{telling}" is not so where only that "{root}" is near {around} is known'
    return ""


def _held_by_tiers(ruleset: Ruleset, rules: list[Rule], rule: Rule, doubtful: Entry) -> list[list[Interval | None]]:
    """Of each tier that asks for nothing more than values of the number: those that it fires for, in the same unit."""
    test = ruleset.definitions[doubtful.name]
    root, unit = root_number(ruleset, test), test.test.unit if isinstance(test.test, Limit) else ""
    rest, excused = _rest(ruleset, rule, doubtful), _excused(ruleset, rule)
    firing = [
        other
        for other in rules
        if all(_is_of(ruleset, entry, root) or follows(rest, entry) for entry in other.when)
        and excused.issuperset(map(str, other.unless))
    ]
    return [[_interval(ruleset, entry, unit) for entry in o.when if _is_of(ruleset, entry, root)] for o in firing]


def _excused(ruleset: Ruleset, rule: Rule) -> set[str]:
    """The exceptions that are a rule's own, or of all rules."""
    return {str(entry) for entry in (*rule.unless, *ruleset.applies.unless)}


def _all_hold(pieces: list[Interval | None], edge: Fraction) -> bool:
    """Whether a tier fires for all that is near a value."""
    return all(piece is not None and holds_strictly(piece, edge) for piece in pieces)


def _is_of(ruleset: Ruleset, entry: Entry, root: str) -> bool:
    definition = ruleset.definitions.get(entry.name)
    is_test = definition is not None and isinstance(definition.test, Limit) and entry.prefix == ""
    return is_test and definition is not None and root_number(ruleset, definition) == root


def _interval(ruleset: Ruleset, entry: Entry, unit: str) -> Interval | None:
    test = ruleset.definitions[entry.name].test
    return _converted(test, unit) if isinstance(test, Limit) else None


def _converted(limit: Limit, unit: str) -> Interval | None:
    same = convert(Quantity(limit.interval, limit.unit), unit)
    return same.interval if isinstance(same, Quantity) else None


def _missed(ruleset: Ruleset, rule: Rule, doubtful: Entry, other: Rule, telling: list[Telling]) -> str:
    """What keeps a rule that tells the doubt from speaking where the tier is left open; "" if nothing does."""
    rest = _rest(ruleset, rule, doubtful)
    asked = {str(entry) for each, _ in telling if each is not other for entry in each.when}
    for entry in other.when:
        opposite = entry.name if entry.prefix == "not" else f"not {entry.name}"
        if entry.prefix not in TELLING and not follows(rest, entry) and opposite not in asked:
            return f'"{other.id}", which tells it, also asks for "{entry}"'
    for entry in other.unless:
        if str(entry) not in _excused(ruleset, rule):
            return f'"{other.id}", which tells it, is silent with "{entry}"'
    return ""


# --- hiding --------------------------------------------------------------------------------------


def _check_hiding(ruleset: Ruleset, rules: list[Rule]) -> Iterator[Problem]:
    """A milder tier that tells a doubt, before a graver one that may fire while the doubt lasts."""
    for earlier, later in combinations(rules, 2):
        milder = _GRAVITY[earlier.card.indicator] < _GRAVITY[later.card.indicator]
        if not milder or not (earlier.hooks or ruleset.hooks) & (later.hooks or ruleset.hooks):
            continue
        if conflict(stance_of(ruleset, (*conditions_of(ruleset, earlier), *later.when))):
            continue
        stance = stance_of(ruleset, conditions_of(ruleset, later))
        for entry in earlier.when:
            decided = (Entry(entry.name), Entry(entry.name, "not"))
            if entry.prefix in TELLING and not any(follows(stance, each) for each in decided):
                what = f'"{earlier.id}" tells "{entry}", and while that is so "{later.id}" may be due: it is not shown'
                hint = f"put {later.id} before it: the doubt about one limit hides no other"
                yield Problem("CDS446", earlier.location, what, hint, "warning")
                break

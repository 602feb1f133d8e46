"""What must be so for a list of conditions to hold: definitions that hold or fail, values that numbers may have.

Only what follows for certain is drawn in: a stance without a conflict may still never come about, but one with a
conflict never does.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from cds.rules.analysis.numbers import both, holds_a_value, outside, possible
from cds.rules.definition import Absent, Compose, Definition, Entry, Find, Limit, ValueOf
from cds.rules.ruleset import Ruleset
from cds.units.quantity import Interval, Quantity
from cds.units.ucum import convert


@dataclass(frozen=True, slots=True)
class Stance:
    """holds, fails: definitions. asked: entries with a prefix word, ``(prefix, name)``.

    numbers: by the definition that a number comes from, its unit and the intervals that it must lie in one of.
    """

    ruleset: Ruleset
    holds: set[str] = field(default_factory=set)
    fails: set[str] = field(default_factory=set)
    asked: set[tuple[str, str]] = field(default_factory=set)
    numbers: dict[str, tuple[str, tuple[Interval, ...]]] = field(default_factory=dict)


def stance_of(ruleset: Ruleset, conditions: Iterable[Entry], exceptions: Iterable[Entry] = ()) -> Stance:
    """What must be so for all conditions to hold and all exceptions to fail."""
    stance = Stance(ruleset)
    for entry in conditions:
        _take(stance, entry, wanted=True)
    for entry in exceptions:
        _take(stance, entry, wanted=False)
    return stance


def _take(stance: Stance, entry: Entry, *, wanted: bool) -> None:
    if entry.prefix in ("", "not"):
        _assume(stance, entry.name, holds=wanted == (entry.prefix == ""))
    elif wanted:
        stance.asked.add((entry.prefix, entry.name))


def _assume(stance: Stance, name: str, *, holds: bool) -> None:
    known = stance.holds if holds else stance.fails
    definition = stance.ruleset.definitions.get(name)
    if definition is None or name in known:
        return
    known.add(name)
    if isinstance(definition.test, Limit):
        _narrow(stance, definition, definition.test, holds=holds)
    match definition.clause:
        case Compose(kind, entries, count):
            inner = _forced(kind, count, len(entries), holds=holds)
            for entry in entries if inner is not None else ():
                _take(stance, entry, wanted=bool(inner))
        case Absent(inner_name) if holds:
            stance.asked.add(("absent", inner_name))
        case Find(source) if holds and not source.kinds and len(source.finders) == 1:
            _assume(stance, source.finders[0], holds=True)


def _forced(kind: str, count: int, parts: int, *, holds: bool) -> bool | None:
    """What all parts must be: True, False, or None when some freedom remains."""
    if holds:
        everything = kind == "all-of" or (kind in ("any-of", "at-least") and max(count, 1) == parts)
        return True if everything else False if kind == "none-of" else None
    if kind == "any-of" or (kind in ("all-of", "at-least") and max(count, 1) == parts == 1):
        return False
    return True if kind == "none-of" and parts == 1 else None


def _narrow(stance: Stance, definition: Definition, limit: Limit, *, holds: bool) -> None:
    if definition.if_absent == ("holds" if holds else "fails"):
        return  # the number may as well be absent
    root = root_number(stance.ruleset, definition)
    unit, before = stance.numbers.get(root, (limit.unit, (Interval(None, None),)))
    same = convert(Quantity(limit.interval, limit.unit), unit)
    if not isinstance(same, Quantity):
        return
    pieces = (same.interval,) if holds else outside(same.interval)
    stance.numbers[root] = (unit, tuple(both(a, b) for a in before for b in pieces))


def root_number(ruleset: Ruleset, definition: Definition) -> str:
    """The definition whose number is tested: ``value: x`` only names it."""
    seen = {definition.name}
    while isinstance(definition.clause, ValueOf) and definition.rounded_to is None:
        operand = definition.clause.operand
        inner = ruleset.definitions.get(operand.root)
        if operand.since or operand.attribute or operand.value_set or inner is None or inner.name in seen:
            break
        seen.add(inner.name)
        definition = inner
    if isinstance(definition.clause, ValueOf) and definition.rounded_to is None:
        return str(definition.clause.operand) if definition.clause.operand.root == "patient" else definition.name
    return definition.name


def values_left(stance: Stance, root: str) -> tuple[Interval, ...]:
    """The intervals that a number may still lie in; none: no value will do."""
    unit, pieces = stance.numbers[root]
    number = possible(stance.ruleset, stance.ruleset.definitions.get(root))
    line = Interval(None, None)
    step = number.step
    if number.unit is not None:
        same = convert(Quantity(number.interval, number.unit), unit)
        line = same.interval if isinstance(same, Quantity) else line
        step = step if number.unit == unit else None
    return tuple(piece for piece in (both(line, p) for p in pieces) if holds_a_value(piece, step))


def conflict(stance: Stance) -> str:
    """Why the conditions can never hold together, or "" when nothing certain stands against it."""
    for name in sorted(stance.holds & stance.fails):
        return f'"{name}" would have to hold and to fail'
    for root in sorted(stance.numbers):
        if not values_left(stance, root):
            return f'no value of "{root}" passes all the tests'
    for prefix, name in sorted(stance.asked):
        if found := _conflict_of_asked(stance, prefix, name):
            return found
    return ""


_CLASHING = {"known": ("unknown", "missing", "absent"), "absent": ("unknown",)}


def _conflict_of_asked(stance: Stance, prefix: str, name: str) -> str:
    for other in _CLASHING.get(prefix, ()):
        if (other, name) in stance.asked:
            return f'"{prefix} {name}" and "{other} {name}" exclude each other'
    definition = stance.ruleset.definitions.get(name)
    if definition is None or prefix == "known":
        return ""
    if prefix in ("unknown", "missing") and name in stance.holds | stance.fails:
        return f'"{name}" would have to be decided and unknown'
    root = root_number(stance.ruleset, definition)
    if not definition.is_truth and root in stance.numbers:
        return f'"{name}" would have to have a value and be {prefix}'
    return ""


def follows(stance: Stance, entry: Entry) -> bool:
    """True when an entry certainly holds wherever the stance is met."""
    if entry.prefix == "":
        return _follows(stance, entry.name, holds=True)
    if entry.prefix == "not":
        return _follows(stance, entry.name, holds=False)
    if (entry.prefix, entry.name) in stance.asked:
        return True
    if entry.prefix == "known":
        return entry.name in stance.holds | stance.fails
    return entry.prefix == "missing" and bool({("unknown", entry.name), ("absent", entry.name)} & stance.asked)


def _follows(stance: Stance, name: str, *, holds: bool) -> bool:
    if name in (stance.holds if holds else stance.fails):
        return True
    definition = stance.ruleset.definitions.get(name)
    if definition is None:
        return False
    if isinstance(definition.test, Limit):
        return _passes(stance, definition, definition.test, holds=holds)
    if not isinstance(definition.clause, Compose):
        return False
    parts = definition.clause.entries
    yes = [follows(stance, entry) for entry in parts]
    no = [_refuted(stance, entry) for entry in parts]
    match definition.clause.kind:
        case "all-of":
            return all(yes) if holds else any(no)
        case "any-of":
            return any(yes) if holds else all(no)
        case "none-of":
            return all(no) if holds else any(yes)
    enough = definition.clause.n
    return sum(yes) >= enough if holds else len(parts) - sum(no) < enough


def _refuted(stance: Stance, entry: Entry) -> bool:
    """True when an entry certainly fails."""
    if entry.prefix in ("", "not"):
        return _follows(stance, entry.name, holds=entry.prefix == "not")
    return False


def _passes(stance: Stance, definition: Definition, limit: Limit, *, holds: bool) -> bool:
    root = root_number(stance.ruleset, definition)
    if root not in stance.numbers:
        return False
    same = convert(Quantity(limit.interval, limit.unit), stance.numbers[root][0])
    left = values_left(stance, root)
    if not isinstance(same, Quantity) or not left:
        return False
    wrong = outside(same.interval) if holds else (same.interval,)
    return not any(holds_a_value(both(piece, other), None) for piece in left for other in wrong)

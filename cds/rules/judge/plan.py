"""Compiling a ruleset once: numbered symbols, compositions for the engine, and what makes a rule worth running.

A rule is run only when its *anchor* was touched: some condition that it cannot do without has a fact (or an
omission, or a gap in the supply) to look at. So the cost of a request does not grow with the rules installed.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from cds.facts.fact import Vocabulary
from cds.rules.definition import Change, Clause, Compose, Count, Definition, Entry, Find, Pair, Pick, Source, Sum
from cds.rules.engine.composition import Composition, Engine, EngineMaker, Part
from cds.rules.judge.gates import Gate, all_open, gate_of
from cds.rules.judge.membership import Memberships
from cds.rules.judge.sharing import Mark, marks_of, set_marks_of
from cds.rules.references import anchors_of, filled_in, filters_of, kinds_of, names_in, reachable
from cds.rules.ruleset import Rule, Ruleset, ValueSet
from cds.terminology.coding import Coding

#: A value set and a kind: facts of that kind with a code of that set.
Spot = tuple[str, str]
RuleNumber = tuple[int, int]
Leaf = tuple[str, str]  # (prefix, name); prefix "" or known, unknown, missing, absent


@dataclass(frozen=True, slots=True, eq=False)
class RuleGoals:
    """The compositions of a rule: its conditions, its exceptions, and those that ``applies`` joins to it."""

    rule: Rule
    when: int
    unless: int | None
    applies_unless: int | None
    entries: tuple[Entry, ...]  # all conditions, those of applies first
    may_fire: Gate  # whether none of them surely fails
    anchor: frozenset[Spot] | None  # None: always worth running
    excused: tuple[Entry, ...]  # the exceptions that applies joins to it
    symbols: tuple[int, ...]  # the compositions to solve for it
    needed: tuple[
        frozenset[Spot], ...
    ] = ()  # of a rule with for-each: spots without which no subject could make it fire


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """What solving some goals takes: leaves (symbol, prefix, name), and the named compositions that are solved too."""

    leaves: tuple[tuple[int, str, str], ...]
    named: tuple[tuple[str, int], ...]


#: Goals that are asked together: which rules may fire varies from patient to patient.
_ASKED_KEPT = 256


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class RulesetPlan:
    """One ruleset, ready to judge."""

    ruleset: Ruleset
    engine: Engine
    symbols: Mapping[Leaf, int]
    leaves_of: Mapping[int, tuple[Leaf, ...]]  # composition symbol -> the leaves it rests on
    inside: Mapping[int, tuple[int, ...]]  # composition symbol -> itself and the compositions it rests on
    goals: tuple[RuleGoals, ...]
    compositions: tuple[tuple[str, int], ...]  # the named ones, and their symbols
    about_subjects: frozenset[str]  # definitions whose verdict may differ from subject to subject
    bounded: tuple[ValueSet, ...]  # value sets that say which results are plausible
    marks: Mapping[str, Mark]  # definitions that other rulesets may have too, in other words
    set_marks: Mapping[str, Mark]  # value sets by which facts are found
    aliases: frozenset[str] = frozenset()  # the names of libraries
    stopped: frozenset[str] = frozenset()  # rules that say nothing; one of a family keeps its place in it
    asked: dict[tuple[int, ...], Asked] = field(default_factory=dict)

    def ask(self, goals: tuple[int, ...]) -> Asked:
        """What solving the goals takes; worked out once for as many different goals as are kept."""
        leaves = dict.fromkeys(leaf for goal in goals for leaf in self.leaves_of[goal])
        solved = {symbol for goal in goals for symbol in self.inside[goal]}
        named = tuple((name, symbol) for name, symbol in self.compositions if symbol in solved)
        asked = Asked(tuple((self.symbols[leaf], *leaf) for leaf in leaves), named)
        if len(self.asked) >= _ASKED_KEPT:
            self.asked.clear()  # rare, and each is made again when it is asked for
        self.asked[goals] = asked
        return asked


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """The rulesets that one service judges, in the order of services.yaml.

    memberships: the value sets by which facts are found.
    anchors: by kind and value set, the rules (number of the ruleset, number of the rule) that a fact of it makes worth
        running.
    doubtful: by kind, the rules that are worth running when facts of the kind may be missing. always: all others.
    """

    parts: tuple[RulesetPlan, ...]
    vocabulary: Vocabulary
    memberships: Memberships
    anchors: Mapping[str, Mapping[Mark, tuple[RuleNumber, ...]]]
    doubtful: Mapping[str, tuple[RuleNumber, ...]]
    always: tuple[RuleNumber, ...]
    fills: frozenset[str] = frozenset()  # what templates take from the call: encounter, user


@dataclass(slots=True)
class _Numbering:
    ruleset: Ruleset
    symbols: dict[Leaf, int] = field(default_factory=dict)
    compositions: list[Composition] = field(default_factory=list)
    anchors: "_Anchors" = field(init=False)

    def __post_init__(self) -> None:
        self.anchors = _Anchors(self.ruleset)

    def symbol(self, leaf: Leaf) -> int:
        return self.symbols.setdefault(leaf, len(self.symbols))

    def fresh(self, mark: str) -> int:
        return self.symbol(("goal", mark))

    def part(self, entry: Entry) -> Part:
        if entry.prefix == "not":
            return Part(self.symbol(("", entry.name)), negated=True)
        return Part(self.symbol((entry.prefix, entry.name)))

    def add(self, symbol: int, clause: Compose) -> None:
        parts = tuple(self.part(entry) for entry in clause.entries)
        if clause.kind == "none-of":
            self.compositions.append(Composition(symbol, "all-of", tuple(Part(p.symbol, not p.negated) for p in parts)))
        else:
            self.compositions.append(Composition(symbol, clause.kind, parts, clause.n))


def compile_ruleset(ruleset: Ruleset, make_engine: EngineMaker) -> RulesetPlan:
    """The plan of one ruleset; the engine may refuse a composition that would reach one of its limits."""
    numbering, goals = _numbered(ruleset)
    about_subjects = _about_subjects(ruleset)
    return RulesetPlan(
        ruleset,
        make_engine(tuple(numbering.compositions)),
        dict(numbering.symbols),
        _leaves(numbering),
        _inside(numbering),
        goals,
        tuple((name, numbering.symbols["", name]) for name in _composed(ruleset)),
        about_subjects,
        tuple(value_set for value_set in ruleset.value_sets.values() if value_set.plausible is not None),
        marks_of(ruleset, about_subjects),
        set_marks_of(ruleset, sorted(_vocabulary(ruleset)[0])),
        ruleset.aliases,
    )


def compositions_of(ruleset: Ruleset) -> tuple[Composition, ...]:
    """What the engine is given for a ruleset: for vetting it before any worker compiles it."""
    return tuple(_numbered(ruleset)[0].compositions)


def _numbered(ruleset: Ruleset) -> tuple[_Numbering, tuple[RuleGoals, ...]]:
    numbering = _Numbering(ruleset)
    for definition in ruleset.definitions.values():
        if isinstance(definition.clause, Compose):
            numbering.add(numbering.symbol(("", definition.name)), definition.clause)
    return numbering, tuple(_goals(numbering, rule) for rule in ruleset.rules)


def _composed(ruleset: Ruleset) -> Iterator[str]:
    return (name for name, definition in ruleset.definitions.items() if isinstance(definition.clause, Compose))


def _about_subjects(ruleset: Ruleset) -> frozenset[str]:
    """Definitions with ``for-each``, and everything that rests on one without folding it (sum, that)."""
    about = {name for name, definition in ruleset.definitions.items() if definition.for_each}
    grown = True
    while grown:
        more = {
            name
            for name, definition in ruleset.definitions.items()
            if name not in about and about.intersection(_inherited(definition))
        }
        about |= more
        grown = bool(more)
    return frozenset(about)


def _inherited(definition: Definition) -> tuple[str, ...]:
    """The parts whose subject becomes its own. Sums fold numbers over subjects, and ``that`` asks each fact found."""
    match definition.clause:
        case Sum():
            return ()
        case Find(source) | Pick(source=source) | Count(source=source) | Change(source=source):
            return (*source.finders, *anchors_of(source.filters))
        case Pair(first, second):
            return (first, second)
    return names_in(definition.clause)


def _goals(numbering: _Numbering, rule: Rule) -> RuleGoals:
    applies = numbering.ruleset.applies
    joined = tuple(entry for entry in applies.when if entry.name not in rule.despite)
    excused = tuple(entry for entry in applies.unless if entry.name not in rule.despite)
    entries = (*joined, *rule.when)
    when = numbering.fresh(f"{rule.id}:when")
    numbering.add(when, Compose("all-of", entries))
    unless = _any_of(numbering, rule.unless, f"{rule.id}:unless")
    applies_unless = _any_of(numbering, excused, f"{rule.id}:applies-unless")
    may_fire = all_open(tuple(gate_of(numbering.ruleset, entry) for entry in entries))
    subject = (Entry(rule.for_each, ""),) if rule.for_each else ()
    anchor = numbering.anchors.of_all((*subject, *entries))
    needed = numbering.anchors.of_each(entries) if rule.for_each else ()
    symbols = tuple(goal for goal in (when, unless, applies_unless) if goal is not None)
    return RuleGoals(rule, when, unless, applies_unless, entries, may_fire, anchor, excused, symbols, needed)


def _any_of(numbering: _Numbering, entries: tuple[Entry, ...], mark: str) -> int | None:
    if not entries:
        return None
    symbol = numbering.fresh(mark)
    numbering.add(symbol, Compose("any-of", entries))
    return symbol


def _leaves(numbering: _Numbering) -> dict[int, tuple[Leaf, ...]]:
    """For each composition, the leaves at the ends of its chains."""
    by_symbol = {c.symbol: c for c in numbering.compositions}
    names = {symbol: leaf for leaf, symbol in numbering.symbols.items()}
    done: dict[int, frozenset[int]] = {}

    def ends(symbol: int) -> frozenset[int]:
        if symbol not in by_symbol:
            return frozenset((symbol,))
        if symbol not in done:
            done[symbol] = frozenset().union(*(ends(part.symbol) for part in by_symbol[symbol].parts))
        return done[symbol]

    return {symbol: tuple(names[end] for end in sorted(ends(symbol))) for symbol in by_symbol}


def _inside(numbering: _Numbering) -> dict[int, tuple[int, ...]]:
    """For each composition, itself and those that its parts are made of."""
    by_symbol = {c.symbol: c for c in numbering.compositions}
    done: dict[int, tuple[int, ...]] = {}

    def inside(symbol: int) -> tuple[int, ...]:
        if symbol not in done:
            parts = [inside(part.symbol) for part in by_symbol[symbol].parts if part.symbol in by_symbol]
            done[symbol] = tuple(dict.fromkeys((symbol, *(each for part in parts for each in part))))
        return done[symbol]

    return {symbol: inside(symbol) for symbol in by_symbol}


class _Anchors:
    """Of each definition, the spots of which one must be touched for it to hold or be unknown; None: not to be told."""

    def __init__(self, ruleset: Ruleset) -> None:
        self._ruleset = ruleset
        self._known: dict[str, frozenset[Spot] | None] = {}  # compositions that share parts would double at every level

    def of_all(self, entries: tuple[Entry, ...]) -> frozenset[Spot] | None:
        """The smallest set of spots of which one must be touched for all entries to hold or be unknown."""
        anchors = self.of_each(entries)
        drafts = [anchor for anchor in anchors if all(kind in ("order", "draft") for _, kind in anchor)]
        return min(drafts or anchors, key=len, default=None)

    def of_each(self, entries: tuple[Entry, ...]) -> tuple[frozenset[Spot], ...]:
        """The spots of every entry that has some."""
        return tuple(anchor for entry in entries if (anchor := self._of(entry)) is not None)

    def _of(self, entry: Entry) -> frozenset[Spot] | None:
        if entry.prefix:
            return None
        if entry.name not in self._known:
            self._known[entry.name] = self._of_clause(self._ruleset.definitions[entry.name].clause)
        return self._known[entry.name]

    def _of_clause(self, clause: Clause) -> frozenset[Spot] | None:
        if isinstance(clause, Find):
            return self._of_source(clause.source)
        if isinstance(clause, Pair):  # it takes a fact of each
            return self.of_all((Entry(clause.first, ""), Entry(clause.second, "")))
        if not isinstance(clause, Compose) or clause.kind == "none-of":
            return None
        return self.of_all(clause.entries) if clause.kind == "all-of" else self._of_any(clause.entries)

    def _of_any(self, entries: tuple[Entry, ...]) -> frozenset[Spot] | None:
        anchors = [self._of(entry) for entry in entries]
        if any(anchor is None for anchor in anchors):
            return None
        return frozenset().union(*(anchor for anchor in anchors if anchor is not None))

    def _of_source(self, source: Source) -> frozenset[Spot] | None:
        sets = source.filters.in_sets
        if sets:
            # No kinds found: nothing is known of where its facts come from, so it is always worth running.
            return frozenset((name, kind) for name in sets for kind in kinds_of(self._ruleset, source)) or None
        return None if source.kinds else self._of_any(tuple(Entry(name, "") for name in source.finders))


def join(parts: tuple[RulesetPlan, ...]) -> Plan:
    """Several plans under one index, for one service."""
    anchors: dict[str, dict[Mark, list[RuleNumber]]] = {}
    doubtful: dict[str, list[RuleNumber]] = {}
    always: list[RuleNumber] = []
    for number, part in enumerate(parts):
        for place, goals in enumerate(part.goals):
            rule = (number, place)
            if goals.anchor is None:
                always.append(rule)
                continue
            for name, kind in goals.anchor:
                anchors.setdefault(kind, {}).setdefault(part.set_marks[name], []).append(rule)
            for kind in {kind for _, kind in goals.anchor}:
                doubtful.setdefault(kind, []).append(rule)
    return Plan(
        parts,
        _vocabulary_of(parts),
        Memberships((mark, p.ruleset.value_sets[name].rows) for p in parts for name, mark in p.set_marks.items()),
        {kind: {mark: tuple(rules) for mark, rules in of.items()} for kind, of in anchors.items()},
        {kind: tuple(rules) for kind, rules in doubtful.items()},
        tuple(always),
        frozenset(name for part in parts for name in _fills(part.ruleset)),
    )


def _fills(ruleset: Ruleset) -> Iterator[str]:
    """What the templates of a ruleset take from the call, beside the patient."""
    for suggestion in (each for rule in ruleset.rules for each in rule.card.changes):
        yield from (piece.name for piece in filled_in(suggestion) if piece.name in ("encounter", "user"))


def _vocabulary_of(parts: tuple[RulesetPlan, ...]) -> Vocabulary:
    codings: set[Coding] = set()
    open_kinds: set[str] = set()
    for part in parts:
        used, kinds = _vocabulary(part.ruleset)
        open_kinds |= kinds
        codings.update(coding for name in used for coding in part.ruleset.value_sets[name].rows)
    return Vocabulary(frozenset(codings), frozenset(open_kinds))


def _vocabulary(ruleset: Ruleset) -> tuple[set[str], set[str]]:
    """The value sets that filter facts by code, and the kinds read without such a filter."""
    used: set[str] = set()
    open_kinds: set[str] = set()
    for name in reachable(ruleset):
        clause = ruleset.definitions[name].clause
        filters = filters_of(clause)
        if filters is not None:
            used.update(filters.in_sets)
        if (
            isinstance(clause, Find | Pick | Count | Change)
            and clause.source.kinds
            and not clause.source.filters.in_sets
        ):
            open_kinds.update(clause.source.kinds)
    return used, open_kinds

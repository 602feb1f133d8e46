"""What an author wrote, as frozen data: a ruleset, its definitions, its rules. No behaviour, no I/O.

The words are those of the rule language (docs/language.md); every object that an author can get wrong carries its
place in the file.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import Literal

from cds.documents.problem import Location
from cds.facts.dates import Duration
from cds.terminology.coding import Coding
from cds.units.quantity import Interval, Quantity

Policy = Literal["fire", "stay-silent"]


@dataclass(frozen=True, slots=True)
class Evidence:
    """A source: what it says is strong, and where to read it."""

    id: str
    title: str
    label: str
    link: str
    scheme: str
    strength: str
    certainty: str
    location: Location


@dataclass(frozen=True, slots=True)
class ValueSet:
    """A named set of codes; ``rows`` keeps the columns that an author gave each code."""

    name: str
    rows: Mapping[Coding, Mapping[str, str]]
    molar_mass: Fraction | None
    valence: int | None
    location: Location


@dataclass(frozen=True, slots=True)
class Parameter:
    """A threshold, a look-back or a switch that a site may set within bounds."""

    name: str
    says: str
    default: Quantity | Duration | bool
    text: str
    location: Location


@dataclass(frozen=True, slots=True)
class Limit:
    """The values that pass a test, in a unit; ``text`` as the author wrote it."""

    interval: Interval
    unit: str
    text: str


@dataclass(frozen=True, slots=True)
class Where:
    """One condition on an attribute of a fact.

    Exactly one of ``sets``/``words``, ``limit`` or ``flag`` decides; ``recorded`` is True for ``recorded``, False for
    ``not recorded`` (alone or as one of a list), None when not named. ``negated``: ``not <set>``.
    """

    attribute: str
    sets: tuple[str, ...] = ()
    words: frozenset[str] = frozenset()
    limit: Limit | None = None
    flag: bool | None = None
    recorded: bool | None = None
    negated: bool = False
    location: Location = field(default=Location(""), compare=False)


@dataclass(frozen=True, slots=True)
class Filters:
    """What a fact of a source must pass. Empty means: no such filter."""

    in_sets: tuple[str, ...] = ()
    not_in: tuple[str, ...] = ()
    where: tuple[Where, ...] = ()
    that: tuple[str, ...] = ()
    status: frozenset[str] | None = None  # None: the kind's usual ones; empty: any
    within: Duration | None = None
    same: tuple[str, ...] = ()
    different: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Source:
    """Where facts come from: fact kinds and finders (their filters then apply as well)."""

    kinds: tuple[str, ...]
    finders: tuple[str, ...]
    filters: Filters


# --- clauses: each is one small idea -------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Find:
    """``any``: the facts of the source that pass; as a truth: is there one."""

    source: Source


@dataclass(frozen=True, slots=True)
class Pair:
    """``pair``: unordered pairs of two different facts, one of each finder."""

    first: str
    second: str
    filters: Filters


@dataclass(frozen=True, slots=True)
class Absent:
    """``absent``: looked for and not found."""

    name: str


@dataclass(frozen=True, slots=True)
class Pick:
    """``latest``, ``earliest``, ``highest``, ``lowest``: one value of the source's facts."""

    which: Literal["latest", "earliest", "highest", "lowest"]
    source: Source
    on_tie: Literal["highest", "lowest", "range"] = "range"


@dataclass(frozen=True, slots=True)
class Count:
    """``count``: how many facts pass, or how many different ``distinct`` keys they have."""

    source: Source
    distinct: str = ""


@dataclass(frozen=True, slots=True)
class Sum:
    """``sum``: of named numbers, or of a ``for-each`` number over its subjects."""

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Score:
    """``score``: points for each truth that holds; a number adds itself (points None)."""

    parts: tuple[tuple[str, Fraction | None], ...]


@dataclass(frozen=True, slots=True)
class Points:
    """``points``: the points of the band that the operand falls into."""

    operand: "Operand"
    bands: tuple[tuple[Limit, Fraction], ...]


@dataclass(frozen=True, slots=True)
class Choose:
    """``choose``: the number of the first truth that holds; the last branch may be ``otherwise`` (truth "")."""

    branches: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class FirstOf:
    """``first-of``: the first number that is known."""

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NewestOf:
    """``newest-of``: the known number with the newest day."""

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Compute:
    """``formula``: a published equation over operands."""

    formula: str
    inputs: Mapping[str, "Operand"]


@dataclass(frozen=True, slots=True)
class Age:
    """``age: now``: completed years."""


@dataclass(frozen=True, slots=True)
class Sex:
    """``sex``: recorded sex for clinical use, else birth sex, else gender."""

    sex: str


@dataclass(frozen=True, slots=True)
class ValueOf:
    """``value``: an operand, with a test."""

    operand: "Operand"


@dataclass(frozen=True, slots=True)
class ParameterOn:
    """``parameter``: a yes/no parameter as a truth."""

    name: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a list: a name, perhaps behind a prefix word."""

    name: str
    prefix: Literal["", "not", "absent", "known", "unknown", "missing"] = ""
    location: Location = field(default=Location(""), compare=False)

    def __str__(self) -> str:
        return f"{self.prefix} {self.name}".strip()


@dataclass(frozen=True, slots=True)
class Compose:
    """``all-of``, ``any-of``, ``none-of``, ``at-least``: Kleene logic, done by the engine."""

    kind: Literal["all-of", "any-of", "none-of", "at-least"]
    entries: tuple[Entry, ...]
    n: int = 0


Clause = (
    Find
    | Pair
    | Absent
    | Pick
    | Count
    | Sum
    | Score
    | Points
    | Choose
    | FirstOf
    | NewestOf
    | Compute
    | Age
    | Sex
    | ValueOf
    | ParameterOn
    | Compose
)

#: Clauses that yield a number.
NUMBERS = (Pick, Count, Sum, Score, Points, Choose, FirstOf, NewestOf, Compute, Age, ValueOf)
#: Clauses that yield facts.
FINDERS = (Find, Pair)


@dataclass(frozen=True, slots=True)
class Operand:
    """What a ``value`` or a formula input reads.

    root: ``it``, ``first``, ``second``, ``patient``, or the name of a definition.
    value_set: for ``it.<value set>.<column>``, else "". attribute: "" for the definition's own number.
    """

    root: str
    attribute: str = ""
    value_set: str = ""
    location: Location = field(default=Location(""), compare=False)

    def __str__(self) -> str:
        return ".".join(part for part in (self.root, self.value_set, self.attribute) if part)


@dataclass(frozen=True, slots=True)
class Definition:
    """A named judgement over facts or other definitions.

    test: ``is`` (a Limit), or ``in``/``not-in`` for coded answers (an Answers); None for a bare number or finder.
    """

    name: str
    says: str
    label: str
    clause: Clause
    location: Location
    for_each: str = ""
    test: "Limit | Answers | None" = None
    if_absent: Literal["fails", "holds"] | None = None
    rounded_to: Quantity | None = None

    @property
    def is_truth(self) -> bool:
        """True when the definition holds, fails or is unknown by itself."""
        return self.test is not None or not isinstance(self.clause, NUMBERS)


@dataclass(frozen=True, slots=True)
class Answers:
    """Coded answers that pass (or, negated, that do not): value sets and FHIR code words."""

    sets: tuple[str, ...]
    words: frozenset[str]
    negated: bool = False


# --- rules ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Note:
    """A line added to the detail when its conditions hold."""

    text: str
    when: tuple[Entry, ...]
    unless: tuple[Entry, ...]
    location: Location


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One suggested change.

    kind: ``remove`` (delete the draft), ``stop`` (update, status stopped), ``create`` (a new resource).
    target: for remove and stop, a finder's name or ``it``, ``it.first``, ``it.second``.
    resource: for create, the FHIR template as plain data.
    """

    label: str
    kind: Literal["remove", "stop", "create"]
    target: str
    resource: Mapping[str, object] | None
    recommended: bool
    when: tuple[Entry, ...]
    unless: tuple[Entry, ...]
    location: Location


@dataclass(frozen=True, slots=True)
class CardTemplate:
    """What a rule shows when it fires; texts hold placeholders."""

    indicator: Literal["info", "warning", "critical"]
    summary: str
    detail: str
    notes: tuple[Note, ...]
    evidence: tuple[str, ...]
    suggestions: tuple[Suggestion, ...]
    choose: Literal["at-most-one", "any"]
    override_reasons: tuple[str, ...]
    location: Location
    places: Mapping[str, Location] = field(default_factory=dict, compare=False)


@dataclass(frozen=True, slots=True)
class Rule:
    """when / unless / then."""

    id: str
    when: tuple[Entry, ...]
    unless: tuple[Entry, ...]
    card: CardTemplate
    location: Location
    family: str = ""
    for_each: str = ""
    hooks: frozenset[str] = frozenset()  # empty: those of the ruleset
    despite: frozenset[str] = frozenset()
    unless_unknown: Policy | None = None
    when_unknown: str = ""  # "", "stay-silent" or a rule's id


@dataclass(frozen=True, slots=True)
class Applies:
    """Conditions joined to every rule of the ruleset."""

    when: tuple[Entry, ...] = ()
    unless: tuple[Entry, ...] = ()
    unless_unknown: Policy | None = None
    when_unknown: str = ""


@dataclass(frozen=True, slots=True)
class Effective:
    """The days on which the evidence applies; ``until`` is the first day on which it no longer does."""

    start: date
    until: date | None

    def covers(self, day: date) -> bool:
        """True when ``day`` is one of them."""
        return self.start <= day and (self.until is None or day < self.until)


@dataclass(frozen=True, slots=True)
class Ruleset:
    """One version of a ruleset, as read."""

    name: str
    version: str
    status: Literal["draft", "published"]
    title: str
    publisher: str
    hooks: frozenset[str]
    effective: Effective
    approval_date: date
    last_review_date: date
    approved_by: str
    evidence: Mapping[str, Evidence]
    value_sets: Mapping[str, ValueSet]
    parameters: Mapping[str, Parameter]
    definitions: Mapping[str, Definition]
    applies: Applies
    rules: tuple[Rule, ...]
    location: Location
    digest: str = ""

    @property
    def address(self) -> str:
        """``name@version``."""
        return f"{self.name}@{self.version}"

    @property
    def pinned(self) -> str:
        """The address with the digest's first 12 digits, as decisions carry it."""
        return f"{self.address}+sha256.{self.digest[:12]}"

"""What an author wrote, as frozen data: a ruleset, its definitions, its rules. No behaviour, no I/O.

The words are those of the rule language (docs/language.md); every object that an author can get wrong carries its
place in the file.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction
from typing import Literal

from cds.documents.problem import Location
from cds.facts.dates import Duration
from cds.rules.definition import Definition, Entry, Limit
from cds.schedules.schedule import Schedule
from cds.terminology.coding import Coding
from cds.units.quantity import Quantity

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
    icon: str = ""


@dataclass(frozen=True, slots=True)
class ValueSet:
    """A named set of codes; ``rows`` keeps the columns that an author gave each code.

    plausible: the bounds outside which a result cannot be true; ``None`` where the author gives none.
    molar_mass: g/mol, by which mass and amount convert; molar_mass_source: where that number is from.
    rests_on: the value sets that it includes or excludes. places: where each code of its own stands. local: codes that
    the site has added, and what they mean. origin: the published value set that it was taken from, ``url|version``, as
    its author tells; it changes nothing. extensible: whether a site may add codes.
    """

    name: str
    rows: Mapping[Coding, Mapping[str, str]]
    molar_mass: Fraction | None
    valence: int | None
    location: Location
    molar_mass_source: str = ""
    plausible: Limit | None = None
    rests_on: frozenset[str] = frozenset()
    places: Mapping[Coding, Location] = field(default_factory=dict, compare=False)
    local: Mapping[Coding, str] = field(default_factory=dict)
    origin: str = field(default="", compare=False)
    extensible: bool = field(default=False, compare=False)


@dataclass(frozen=True, slots=True)
class YearDay:
    """A day of every year (never 29 February)."""

    month: int
    day: int


@dataclass(frozen=True, slots=True)
class Period:
    """A named span of time: of those that follow one another, the one that contains now.

    kind: the calendar's ``year``, ``quarter`` or ``month``; ``year-from`` the day ``begins``; ``fixed`` from ``first``
    to ``last``, both included. text: as written.
    """

    name: str
    kind: Literal["year", "quarter", "month", "year-from", "fixed"]
    location: Location
    begins: YearDay | None = None
    first: date = date.min
    last: date = date.max
    text: str = ""


@dataclass(frozen=True, slots=True)
class Parameter:
    """A threshold, a look-back or a switch that a site may set within bounds.

    default, text: what counts here. usual: the author's own default, where a site has set another value; else "".
    """

    name: str
    says: str
    default: Quantity | Duration | YearDay | bool
    text: str
    location: Location
    usual: str = ""


@dataclass(frozen=True, slots=True)
class Note:
    """A line added to the detail when its conditions hold."""

    text: str
    when: tuple[Entry, ...]
    unless: tuple[Entry, ...]
    location: Location


#: The way to an element of a resource: names, each perhaps with a place in its list.
ElementPath = tuple[tuple[str, int | None], ...]


#: What a suggestion acts on when it names the subject of its rule, and no finder.
SUBJECT_TARGETS = frozenset({"it", "it.first", "it.second"})


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One suggested change.

    kind: ``remove`` (delete the draft), ``stop`` (update, status stopped), ``replace`` (update, some elements set),
    ``create`` (a new resource). target: a finder's name or ``it``, ``it.first``, ``it.second``; for create, the drafts
    that the new one stands instead of, which the same suggestion deletes, or "" for none.
    resource: for create, the FHIR template as plain data. changes: for replace, what is set, and to what.
    """

    label: str
    kind: Literal["remove", "stop", "replace", "create"]
    target: str
    resource: Mapping[str, object] | None
    recommended: bool
    when: tuple[Entry, ...]
    unless: tuple[Entry, ...]
    location: Location
    changes: tuple[tuple[ElementPath, object], ...] = ()


@dataclass(frozen=True, slots=True)
class CardLink:
    """A link beside those to the evidence.

    kind: ``absolute`` (a page) or ``smart`` (the launch address of an app). app_context: what the app is handed, as it
    is written. autolaunchable: whether a client may open the app without showing the card.
    """

    label: str
    kind: Literal["absolute", "smart"]
    url: str
    app_context: str
    autolaunchable: bool
    location: Location


@dataclass(frozen=True, slots=True)
class Topic:
    """What a card is about, coded, for clients that sort or filter by it."""

    coding: Coding
    display: str


@dataclass(frozen=True, slots=True)
class CardTemplate:
    """What a rule shows when it fires; texts hold placeholders.

    system_actions: changes for the client to make by itself, where that was agreed with it; a suggestion whose label
    is their description.
    """

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
    links: tuple[CardLink, ...] = ()
    topic: Topic | None = None
    system_actions: tuple[Suggestion, ...] = ()

    @property
    def changes(self) -> tuple[Suggestion, ...]:
        """Everything that may change a record: suggestions, then system actions."""
        return (*self.suggestions, *self.system_actions)


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
    again_after: timedelta | None = None  # for so long its card is not shown again; never of a critical one


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
class Use:
    """One exact version of a library, and the name that its contents stand under: ``common.hospice``.

    inner: the libraries that it uses itself.
    """

    alias: str
    library: str
    version: str
    location: Location
    digest: str = ""
    inner: tuple["Use", ...] = ()

    @property
    def address(self) -> str:
        """``name@version``."""
        return f"{self.library}@{self.version}"


@dataclass(frozen=True, slots=True)
class OverrideReason:
    """A reason of a library: its code, the code system it belongs to, and what a clinician reads."""

    system: str
    code: str
    display: str


@dataclass(frozen=True, slots=True)
class Ruleset:
    """One version of a ruleset, as read.

    What it reaches of libraries stands among its own value sets, parameters, periods and definitions, under names with
    a dot in them; ``reasons`` are the override reasons of libraries.
    """

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
    periods: Mapping[str, Period]
    definitions: Mapping[str, Definition]
    applies: Applies
    rules: tuple[Rule, ...]
    location: Location
    digest: str = ""
    uses: tuple[Use, ...] = ()
    reasons: Mapping[str, OverrideReason] = field(default_factory=dict)
    site_digest: str = ""  # of the values that a site has set; "" where all are the author's
    schedules: Mapping[str, Schedule] = field(default_factory=dict)  # of its own file

    @property
    def site(self) -> dict[str, str]:
        """What a site has set and is not the author's: by parameter, values; by value set and code, what codes mean."""
        values = {name: parameter.text for name, parameter in self.parameters.items() if parameter.usual}
        for name, value_set in self.value_sets.items():
            values |= {f"{name}[{code.system}|{code.code}]": means for code, means in value_set.local.items()}
        return values

    @property
    def address(self) -> str:
        """``name@version``."""
        return f"{self.name}@{self.version}"

    @property
    def aliases(self) -> frozenset[str]:
        """The names that libraries stand under."""
        return frozenset(use.alias for use in self.uses)

    @property
    def own(self) -> tuple[Definition, ...]:
        """The definitions that stand in its own file."""
        return tuple(definition for name, definition in self.definitions.items() if "." not in name)

    @property
    def pinned(self) -> str:
        """The address with the digest's first 12 digits and, where a site set values, theirs: as decisions carry it."""
        site = f";site.{self.site_digest[:12]}" if self.site_digest else ""
        return f"{self.address}+sha256.{self.digest[:12]}{site}"


@dataclass(frozen=True, slots=True)
class Library:
    """One version of a library.

    declared: what it declares, as a ruleset without rules, so that all of it is checked as in a ruleset.
    """

    declared: Ruleset
    override_reasons: Mapping[str, str]

    @property
    def address(self) -> str:
        """``name@version``."""
        return self.declared.address

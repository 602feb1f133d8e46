"""The value sets of the versions here: found by name, with their codes, where these are from, and who uses them."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from cds.authoring.valuesets.code_set import Code, CodeSet
from cds.authoring.versions import Version
from cds.rules.references import closure, entries_of, sets_of
from cds.rules.ruleset import Rule, Ruleset, Use, ValueSet

#: Where a code was read, in most tables: ``url|version`` of a published value set, or a file.
SOURCE = "verified_from"


@dataclass(frozen=True, slots=True)
class Held:
    """A value set that a version declares itself."""

    version: Version
    value_set: ValueSet

    @property
    def address(self) -> str:
        """``metformin-renal@1.0.0/egfr-2021``."""
        return f"{called(self.version)}/{self.value_set.name}"

    @property
    def sources(self) -> tuple[str, ...]:
        """The published value sets that its codes are from, as far as they are told by address."""
        told = [self.value_set.origin, *(row.get(SOURCE, "") for row in self.value_set.rows.values())]
        return tuple(dict.fromkeys(each for each in told if each.startswith(("http://", "https://", "urn:"))))

    def as_codes(self) -> CodeSet:
        """Its codes, as they can be compared with those from outside."""
        value_set = self.value_set
        codes = {
            coding: Code(coding, row.get("display", ""), value_set.places.get(coding, value_set.location), row)
            for coding, row in value_set.rows.items()
        }
        url, _, version = value_set.origin.partition("|")
        return CodeSet(value_set.location.file, "ruleset", codes, value_set.name, url=url, version=version)


@dataclass(frozen=True, slots=True)
class User:
    """A version that uses a value set. name: what it calls it. definitions: those that ask for its codes, by what they
    name. rules: those that rest on one of these.
    """

    version: str
    name: str
    definitions: tuple[str, ...]
    rules: tuple[str, ...]


def called(version: Version) -> str:
    """``name@version``, or ``name@draft``."""
    ruleset = version.ruleset
    return f"{ruleset.name}@draft" if ruleset.status == "draft" else ruleset.address


def held_by(version: Version) -> Iterator[Held]:
    """The value sets that stand in its own file."""
    for name, value_set in version.ruleset.value_sets.items():
        if "." not in name:
            yield Held(version, value_set)


def users_of(held: Held, versions: Iterable[Version]) -> Iterator[User]:
    """The version itself, and every other that uses it as a library."""
    owner = held.version.ruleset
    for version in versions:
        if version.ruleset.address == owner.address and version.folder == held.version.folder:
            yield from _user(version, held.value_set.name)
        elif owner.address in (use.address for use in _uses(version.ruleset.uses)):
            for use in version.ruleset.uses:
                for alias in _aliases(use, owner.address):
                    yield from _user(version, f"{alias}.{held.value_set.name}")


def _uses(uses: Iterable[Use]) -> Iterator[Use]:
    for use in uses:
        yield use
        yield from _uses(use.inner)


def _aliases(use: Use, address: str, before: str = "") -> Iterator[str]:
    """The names under which a library stands, through others too: ``common``, ``common.base``."""
    name = f"{before}{use.alias}"
    if use.address == address:
        yield name
    for inner in use.inner:
        yield from _aliases(inner, address, f"{name}.")


def _user(version: Version, name: str) -> Iterator[User]:
    ruleset = version.ruleset
    if name not in ruleset.value_sets:  # nothing of its rules reaches it
        return
    wider = _with_those_that_rest_on(ruleset.value_sets, name)
    definitions = tuple(d.name for d in ruleset.definitions.values() if wider & set(sets_of(d)))
    rules = tuple(rule.id for rule in ruleset.rules if set(definitions) & _reached(ruleset, rule))
    yield User(called(version), name, definitions, rules)


def _with_those_that_rest_on(value_sets: Mapping[str, ValueSet], name: str) -> set[str]:
    """The set, and every one that includes or excludes it."""
    found, before = {name}, set[str]()
    while found != before:
        before = set(found)
        found |= {each.name for each in value_sets.values() if each.rests_on & found}
    return found


def _reached(ruleset: Ruleset, rule: Rule) -> set[str]:
    entries = (*entries_of(rule), *ruleset.applies.when, *ruleset.applies.unless)
    names = {entry.name for entry in entries} | ({rule.for_each} if rule.for_each else set())
    return closure(ruleset, names)

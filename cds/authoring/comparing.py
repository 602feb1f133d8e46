"""Two versions of a ruleset or library compared by meaning: what changed, how much it weighs, which number is due.

Layout, comments, quotes and the order of keys are no change. What an author wrote is shown as written, with its unit.
"""

import dataclasses
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from cds.authoring.versions import Version
from cds.documents.problem import Location
from cds.documents.yaml_tree import Plain
from cds.rules.definition import Definition, Limit, Where
from cds.rules.prefetch.derive import derive_templates
from cds.rules.ruleset import ValueSet

Level = Literal["patch", "minor", "major"]
LEVELS: tuple[Level, ...] = ("patch", "minor", "major")
#: What a card says, and not to whom: of a rule, ``then.card.<key>``.
_WORDS = frozenset({"summary", "detail", "notes", "evidence", "topic"})
_SECTIONS = {"parameters": "parameter", "periods": "period", "schedules": "schedule", "evidence": "evidence"}
#: Metadata that decides when a version answers, against what only describes it.
_METADATA: dict[str, Level] = {
    "title": "patch", "publisher": "patch", "approval-date": "patch", "last-review-date": "patch",
    "effective": "minor", "applies": "minor",
}  # fmt: skip


#: Texts longer than this are told by what differs in them.
_LONG = 80
#: Fields that keep how something was written.
_SPELLING = {Limit: "text", Where: "window", Definition: "phrases"}


@dataclass(frozen=True, slots=True)
class Change:
    """One thing of one kind that came, went or changed. details: each line says from what to what."""

    kind: str
    name: str
    what: Literal["added", "removed", "changed"]
    level: Level
    details: tuple[str, ...] = ()


def changes(old: Version, new: Version) -> list[Change]:
    """All changes from one version to the other, the heaviest first."""
    found = [
        *_hooks(old, new),
        *_prefetch(old, new),
        *_metadata(old, new),
        *_reasons(old, new),
        *_rules(old, new),
        *_definitions(old, new),
        *_value_sets(old, new),
        *(change for section in _SECTIONS for change in _named(section, old, new)),
        *_libraries(old, new),
    ]
    return sorted(found, key=lambda change: -LEVELS.index(change.level)) or [*_only_written_otherwise(old, new)]


def level_of(found: list[Change]) -> Level | None:
    """The class of change of all together; None where nothing changed."""
    return max((change.level for change in found), key=LEVELS.index, default=None)


def least_next(version: str, level: Level) -> str:
    """The least version that may follow with a change of this class."""
    major, minor, patch = numbers(version)
    following = {"major": (major + 1, 0, 0), "minor": (major, minor + 1, 0), "patch": (major, minor, patch + 1)}
    return ".".join(map(str, following[level]))


def numbers(version: str) -> tuple[int, ...]:
    """``1.10.0`` as numbers, for ordering."""
    return tuple(map(int, version.split(".")))


def meaning(value: object) -> object:
    """What of a part of a ruleset is meant: without places, and without how a limit or window was spelt."""
    if isinstance(value, Location):
        return None
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        spelt = _SPELLING.get(type(value), "")
        told = (field.name for field in dataclasses.fields(value) if field.compare and field.name != spelt)
        return (type(value).__name__, *(meaning(getattr(value, name)) for name in told))
    if isinstance(value, Mapping):
        return frozenset((key, meaning(each)) for key, each in value.items())
    if isinstance(value, tuple | list):
        return tuple(meaning(each) for each in value)
    return value


def _hooks(old: Version, new: Version) -> Iterator[Change]:
    for hook in sorted(old.ruleset.hooks ^ new.ruleset.hooks):
        yield Change("hook", hook, "added" if hook in new.ruleset.hooks else "removed", "major")


def _prefetch(old: Version, new: Version) -> Iterator[Change]:
    """By hook, the kinds of records that a client is asked for: it must be able and allowed to give a new one.

    Which codes of a kind are asked for follows from the value sets, and is told with them.
    """
    for hook in sorted(old.ruleset.hooks & new.ruleset.hooks):
        before, after = (
            {template.resource_type for template in derive_templates((version.ruleset,), hook)}
            for version in (old, new)
        )
        for kind in sorted(before ^ after):
            yield Change("prefetch", f"{kind} at {hook}", "added" if kind in after else "removed", "major")


def _metadata(old: Version, new: Version) -> Iterator[Change]:
    for key, level in _METADATA.items():
        before, after = old.tree.get(key), new.tree.get(key)
        if before != after:
            yield Change("metadata", key, "changed", level, (_from_to(before, after),))


def _reasons(old: Version, new: Version) -> Iterator[Change]:
    """Those that a library declares; those of a card stand with its rule."""
    for code in sorted({*old.reasons, *new.reasons}):
        before, after = old.reasons.get(code), new.reasons.get(code)
        if before != after:
            what, details = _came_or_went(before, after)
            level: Level = {"removed": "major", "added": "minor", "changed": "patch"}[what]  # type: ignore[assignment]
            yield Change("override reason", code, what, level, details)


def _rules(old: Version, new: Version) -> Iterator[Change]:
    before, after = ({rule.id: rule for rule in version.ruleset.rules} for version in (old, new))
    written = old.section("rules"), new.section("rules")
    for name in dict.fromkeys((*before, *after)):
        if name not in after:
            yield Change("rule", name, "removed", "major")
        elif name not in before:
            yield Change("rule", name, "added", "minor")
        elif meaning(before[name]) != meaning(after[name]):
            yield _changed_rule(name, written[0].get(name), written[1].get(name))
    kept = [[name for name in names if name in before and name in after] for names in (before, after)]
    if kept[0] != kept[1]:
        yield Change("rule", "order", "changed", "minor", (f"{', '.join(kept[0])} -> {', '.join(kept[1])}",))


def _changed_rule(name: str, before: Plain | None, after: Plain | None) -> Change:
    level: Level = "patch"
    details = []
    for path, left, right in _differing(before, after):
        details.append(f"{'.'.join(path)}: {_from_to(left, right)}")
        level = max(level, _weight(path, left, right), key=LEVELS.index)
    return Change("rule", name, "changed", level, tuple(details))


def _weight(path: tuple[str, ...], before: Plain | None, after: Plain | None) -> Level:
    if path[-1] == "override-reasons":
        lost = set(_listed(before)) - set(_listed(after))
        return "major" if lost else "minor"
    is_words = path[:2] == ("then", "links") or (path[:2] == ("then", "card") and path[2:3] and path[2] in _WORDS)
    return "patch" if is_words else "minor"


def _listed(value: Plain | None) -> list[str]:
    return [str(each) for each in value] if isinstance(value, list) else [str(value)] if value else []


def _definitions(old: Version, new: Version) -> Iterator[Change]:
    before, after = old.ruleset.definitions, new.ruleset.definitions
    written = old.section("definitions"), new.section("definitions")
    for name in dict.fromkeys((*before, *after)):
        if name not in after or name not in before:
            yield Change("definition", name, "added" if name in after else "removed", "minor")
        elif meaning(before[name]) != meaning(after[name]):
            told = [*_differing(written[0].get(name), written[1].get(name))]
            lines = tuple(f"{'.'.join(path)}: {_from_to(left, right)}" for path, left, right in told)
            words = bool(told) and all(path in (("says",), ("label",)) for path, _, _ in told)
            yield Change(
                "definition",
                name,
                "changed",
                "patch" if words else "minor",
                lines or ("by what it names: a parameter, a period or a library",),
            )


def _value_sets(old: Version, new: Version) -> Iterator[Change]:
    before, after = old.ruleset.value_sets, new.ruleset.value_sets
    for name in dict.fromkeys((*before, *after)):
        if name not in after or name not in before:
            yield Change("value set", name, "added" if name in after else "removed", "minor")
        elif lines := tuple(_codes(before[name], after[name])):
            yield Change("value set", name, "changed", "minor", lines)
        elif meaning(_named_codes(before[name])) != meaning(_named_codes(after[name])):
            lines = tuple(_displays(before[name], after[name]))
            level: Level = "patch" if lines else "minor"
            yield Change("value set", name, "changed", level, lines or ("molar mass, valence or plausible bounds",))


def _named_codes(value_set: ValueSet) -> ValueSet:
    return dataclasses.replace(value_set, rests_on=frozenset(), molar_mass_source="")


def _codes(before: ValueSet, after: ValueSet) -> Iterator[str]:
    """Codes lost and gained, and columns that say something else; displays alone are words."""
    for coding in sorted(before.rows.keys() | after.rows.keys()):
        left, right = before.rows.get(coding), after.rows.get(coding)
        code = f"{coding.system}|{coding.code}"
        if right is None:
            yield f"lost {code} {_display(left)}".rstrip()
        elif left is None:
            yield f"gained {code} {_display(right)}".rstrip()
        else:
            for column in sorted((left.keys() | right.keys()) - {"display"}):
                if left.get(column) != right.get(column):
                    yield f"{code} {_display(right)}: {column} {_from_to(left.get(column), right.get(column))}"


def _displays(before: ValueSet, after: ValueSet) -> Iterator[str]:
    for coding in sorted(before.rows):
        if (left := _display(before.rows[coding])) != (right := _display(after.rows[coding])):
            yield f"{coding.system}|{coding.code} is called: {left} -> {right}"


def _display(row: Mapping[str, str] | None) -> str:
    return (row or {}).get("display", "")


def _named(section: str, old: Version, new: Version) -> Iterator[Change]:
    """Sections whose entries are told as they are written: none of them has two spellings of one meaning."""
    before, after = old.section(section), new.section(section)
    for name in dict.fromkeys((*before, *after)):
        left, right = before.get(name), after.get(name)
        if left == right:
            continue
        what, _ = _came_or_went(left, right)
        lines = tuple(f"{'.'.join(path)}: {_from_to(*sides)}" for path, *sides in _differing(left, right))
        yield Change(_SECTIONS[section], name, what, _weight_of(section, what), lines if what == "changed" else ())


def _weight_of(section: str, what: str) -> Level:
    """A parameter that goes takes the values with it that sites have set."""
    if section == "evidence":
        return "patch"
    return "major" if section == "parameters" and what == "removed" else "minor"


def _libraries(old: Version, new: Version) -> Iterator[Change]:
    """What of a library matters here stands among the definitions and value sets: its number is told."""
    before, after = ({use.alias: use for use in version.ruleset.uses} for version in (old, new))
    for alias in dict.fromkeys((*before, *after)):
        left, right = before.get(alias), after.get(alias)
        if (left and (left.address, left.digest)) != (right and (right.address, right.digest)):
            what, details = _came_or_went(left.address if left else None, right.address if right else None)
            yield Change("library", alias, what, "patch", details)


def _only_written_otherwise(old: Version, new: Version) -> Iterator[Change]:
    same = {key: each for key, each in old.tree.items() if key not in ("version", "status")}
    if same != {key: each for key, each in new.tree.items() if key not in ("version", "status")}:
        yield Change("text", "files", "changed", "patch", ("written otherwise, with the same meaning",))


def _came_or_went(
    before: Plain | None, after: Plain | None
) -> tuple[Literal["added", "removed", "changed"], tuple[str, ...]]:
    if before is None:
        return "added", (shown(after),)
    return ("removed", (shown(before),)) if after is None else ("changed", (_from_to(before, after),))


def _differing(
    before: Plain | None, after: Plain | None, path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], Plain | None, Plain | None]]:
    """Where two trees differ: the keys on the way, and both sides there. Lists are told whole."""
    if isinstance(before, dict) and isinstance(after, dict):
        for key in dict.fromkeys((*before, *after)):
            yield from _differing(before.get(key), after.get(key), (*path, key))
    elif before != after:
        yield path, before, after


def _from_to(before: Plain | None, after: Plain | None) -> str:
    left, right = shown(before), shown(after)
    if min(len(left), len(right)) > _LONG:
        left, right = _apart(left, right)
    return f"{left} -> {right}"


def _apart(left: str, right: str) -> tuple[str, str]:
    """Two long texts without the words that they begin and end with alike."""
    one, two = left.split(" "), right.split(" ")
    head = _alike(one, two)
    one, two = one[head:], two[head:]
    tail = _alike(one[::-1], two[::-1])
    before, after = ["..."] * bool(head), ["..."] * bool(tail)
    return (
        " ".join([*before, *one[: len(one) - tail], *after]),
        " ".join([*before, *two[: len(two) - tail], *after]),
    )


def _alike(one: Sequence[str], two: Sequence[str]) -> int:
    """With how many equal words two lists begin."""
    pairs = enumerate(zip(one, two, strict=False))
    return next((number for number, (left, right) in pairs if left != right), min(len(one), len(two)))


def shown(value: Plain | None) -> str:
    """A written value on one line."""
    if value is None:
        return "nothing"
    return " ".join(value.split()) if isinstance(value, str) else json.dumps(value, ensure_ascii=False)

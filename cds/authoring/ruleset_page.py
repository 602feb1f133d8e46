"""A ruleset as a page that people read: what it does, for whom, on which evidence, with examples and its limits.

Markdown; :mod:`cds.authoring.page_html` makes HTML of it. Everything on it is read from the version, its cases, its
changelog and the clinical notes: nothing is added.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from cds.authoring.case_writing import case_text
from cds.authoring.cases import CaseRun, Fired
from cds.authoring.comparing import shown
from cds.authoring.sentences import conditions, sentence
from cds.authoring.versions import Version
from cds.rules.definition import Definition, Entry
from cds.rules.references import names_of
from cds.rules.ruleset import Rule, Ruleset
from cds.terminology.coding import SYSTEM_NAMES

_SYSTEMS = {uri: name for name, uri in SYSTEM_NAMES.items()}
_TITLES = {"rxnorm": "RxNorm", "snomed": "SNOMED CT", "loinc": "LOINC", "icd10cm": "ICD-10-CM", "cvx": "CVX"}
#: Displays named of a value set; its file has them all.
_NAMED = 3


@dataclass(frozen=True, slots=True)
class Sources:
    """What stands beside a version. notes: sections of the clinical notes about it, Markdown, by where they stand."""

    runs: Sequence[CaseRun] = ()
    changelog: str = ""
    notes: Mapping[str, str] = field(default_factory=dict)


def page(version: Version, sources: Sources, *, mermaid: bool = True) -> str:
    """The whole page as Markdown. mermaid: pictures of the definitions; else nested lists that say the same."""
    parts = (
        _head(version.ruleset),
        _limits(version.ruleset),
        _what(version.ruleset),
        _whom(version.ruleset),
        _evidence(version.ruleset),
        _parameters(version),
        _flow(version.ruleset, mermaid=mermaid),
        _value_sets(version.ruleset),
        _examples(version.ruleset, sources.runs),
        _changelog(sources.changelog),
        _notes(sources.notes),
    )
    return "\n".join(line for part in parts for line in (*part, "")).rstrip() + "\n"


def _head(ruleset: Ruleset) -> Iterator[str]:
    until = f" until {ruleset.effective.until} (that day excluded)" if ruleset.effective.until else ""
    yield f"# {in_text(ruleset.title)}"
    yield ""
    yield from _table(
        ("", ""),
        [
            ("Version", f"`{ruleset.address}` ({ruleset.status})"),
            ("Digest", f"`sha256:{ruleset.digest}`"),
            ("Publisher", in_text(ruleset.publisher)),
            ("Evidence applies", f"from {ruleset.effective.start}{until}"),
            ("Approval date, last review", f"{ruleset.approval_date}, {ruleset.last_review_date}"),
            ("Approved by", "**nobody**" if ruleset.approved_by == "none" else in_text(ruleset.approved_by)),
            ("Rests on", ", ".join(f"`{use.address}`" for use in ruleset.uses) or "no library"),
        ],
    )


def _limits(ruleset: Ruleset) -> Iterator[str]:
    """What a reader must know before anything else."""
    yield "## Limits"
    yield ""
    if ruleset.approved_by == "none":
        yield "- **No clinician has approved this version. Not for use with patients.**"
    yield "- It sees what the client sends or lets it fetch, and nothing else. What is missing is unknown, never *no*."
    silent = [rule.id for rule in ruleset.rules if rule.unless_unknown == "stay-silent"]
    if silent:
        yield f"- Where an exception is unknown, these say nothing: {_names(silent)}."
    firing = [rule.id for rule in ruleset.rules if rule.unless_unknown == "fire"]
    if firing:
        yield f"- Where an exception is unknown, these speak as if there was none: {_names(firing)}."
    quiet = [rule.id for rule in ruleset.rules if rule.when_unknown == "stay-silent"]
    if quiet:
        yield f"- Where a condition is unknown, these say nothing: {_names(quiet)}."
    yield "- No card is no statement that all is well."


def _what(ruleset: Ruleset) -> Iterator[str]:
    yield "## What it does"
    yield ""
    yield "Each rule with its card. What stands in braces is filled in from the record."
    families: dict[str, list[Rule]] = {}
    for rule in ruleset.rules:
        families.setdefault(rule.family or rule.id, []).append(rule)
    for family, rules in families.items():
        yield ""
        several = ": the first that applies is shown" if len(rules) > 1 else ""
        yield f"### {in_text(family)}{several}"
        for rule in rules:
            yield ""
            yield from _rule(ruleset, rule)


def _rule(ruleset: Ruleset, rule: Rule) -> Iterator[str]:
    card = rule.card
    hooks = f" ({', '.join(f'`{hook}`' for hook in sorted(rule.hooks))} only)" if rule.hooks else ""
    about = f", for each of: {in_text(sentence(ruleset, rule.for_each))}" if rule.for_each else ""
    yield f'**{rule.id}**{hooks}{about}: {card.indicator}, "{in_text(card.summary)}"'
    yield ""
    yield f"- when: {_entries(ruleset, rule.when)}"
    if rule.unless:
        yield f"- unless: {_entries(ruleset, rule.unless)}"
    if card.changes:
        yield f"- offers: {'; '.join(in_text(change.label) for change in card.changes)}"
    if card.override_reasons:
        yield f"- reasons to override: {_names(card.override_reasons)}"
    yield f"- evidence: {_names(card.evidence) if card.evidence else 'none'}"


def _entries(ruleset: Ruleset, entries: Iterable[Entry]) -> str:
    return in_text(conditions(ruleset, entries))


def _whom(ruleset: Ruleset) -> Iterator[str]:
    yield "## For whom"
    yield ""
    yield f"- asked at: {', '.join(f'`{hook}`' for hook in sorted(ruleset.hooks))}"
    if ruleset.applies.when:
        yield f"- only when: {_entries(ruleset, ruleset.applies.when)}"
    if ruleset.applies.unless:
        yield f"- never when: {_entries(ruleset, ruleset.applies.unless)}"
    if not ruleset.applies.when and not ruleset.applies.unless:
        yield "- anyone to whom the conditions of a rule apply"


def _evidence(ruleset: Ruleset) -> Iterator[str]:
    yield "## Evidence"
    yield ""
    users = Counter(source for rule in ruleset.rules for source in rule.card.evidence)
    rows = [
        (
            f"`{one.id}`",
            f"[{in_text(one.title)}]({one.link})" if one.link else in_text(one.title),
            in_text(one.scheme) or "not graded",
            in_text(one.strength) or "-",
            in_text(one.certainty) or "-",
            str(users[one.id]),
        )
        for one in ruleset.evidence.values()
    ]
    yield from _table(("Id", "Source", "Scheme", "Strength", "Certainty", "Rules"), rows)


def _parameters(version: Version) -> Iterator[str]:
    written = version.section("parameters")
    if not version.ruleset.parameters:
        return
    yield "## What a site may set"
    yield ""
    rows = []
    for name, parameter in version.ruleset.parameters.items():
        own = written.get(name)
        allowed = shown(own.get("allowed")) if isinstance(own, dict) and own.get("allowed") else "-"
        rows.append((f"`{name}`", in_text(parameter.says), in_text(parameter.text), in_text(allowed)))
    yield from _table(("Parameter", "Meaning", "Default", "Allowed"), rows)


def _flow(ruleset: Ruleset, *, mermaid: bool) -> Iterator[str]:
    """For each rule, what it rests on, down to what is looked for in the record."""
    yield "## How it decides"
    for rule in ruleset.rules:
        yield ""
        yield f"### {rule.id}"
        yield ""
        yield from _picture(ruleset, rule) if mermaid else _tree(ruleset, rule)


def _picture(ruleset: Ruleset, rule: Rule) -> Iterator[str]:
    ids: dict[str, str] = {}
    lines: list[str] = []

    def node(name: str) -> str:
        if name not in ids:
            ids[name] = f"d{len(ids)}"
            lines.append(f'  {ids[name]}["{_label(sentence(ruleset, name))}"]')
            lines.extend(f"  {node(below)} --> {ids[name]}" for below in _below(ruleset, name))
        return ids[name]

    yield "```mermaid"
    yield "flowchart LR"
    yield f'  rule(["{rule.id}"])'
    for word, entries in (
        ("", (*ruleset.applies.when, *rule.when)),
        ("unless", (*ruleset.applies.unless, *rule.unless)),
    ):
        for entry in entries:
            said = " ".join(part for part in (word, entry.prefix) if part)
            start = node(entry.name)
            lines.append(f"  {start} -- {said} --> rule" if said else f"  {start} --> rule")
    yield from lines
    yield "```"


def _tree(ruleset: Ruleset, rule: Rule) -> Iterator[str]:
    told: set[str] = set()

    def below(name: str, depth: int, before: str) -> Iterator[str]:
        again = " (as above)" if name in told and _below(ruleset, name) else ""
        yield f"{'  ' * depth}- {before}{in_text(sentence(ruleset, name))}{again}"
        if name not in told:
            told.add(name)
            for inner in _below(ruleset, name):
                yield from below(inner, depth + 1, "")

    for word, entries in (
        ("", (*ruleset.applies.when, *rule.when)),
        ("unless ", (*ruleset.applies.unless, *rule.unless)),
    ):
        for entry in entries:
            yield from below(entry.name, 0, f"{word}{entry.prefix}{': ' if entry.prefix else ''}")


def _below(ruleset: Ruleset, name: str) -> list[str]:
    definition: Definition | None = ruleset.definitions.get(name)
    if definition is None:
        return []
    return [each for each in dict.fromkeys(names_of(definition)) if each in ruleset.definitions and each != name]


def _value_sets(ruleset: Ruleset) -> Iterator[str]:
    if not ruleset.value_sets:
        return
    yield "## Value sets"
    yield ""
    rows = []
    for name, value_set in sorted(ruleset.value_sets.items()):
        systems = Counter(_SYSTEMS.get(coding.system, coding.system) for coding in value_set.rows)
        counts = ", ".join(f"{count} {_TITLES.get(system, system)}" for system, count in sorted(systems.items()))
        displays = [row.get("display", "") for _, row in sorted(value_set.rows.items())]
        some = [in_text(display) for display in dict.fromkeys(displays) if display][:_NAMED]
        more = f", and {len(value_set.rows) - len(some)} more" if some and len(value_set.rows) > len(some) else ""
        rows.append((f"`{name}`", counts or "none", "; ".join(some) + more))
    yield from _table(("Value set", "Codes", "Such as"), rows)


def _examples(ruleset: Ruleset, runs: Sequence[CaseRun]) -> Iterator[str]:
    """For each rule a case in which it speaks, and in all, one in which nothing does."""
    yield "## Examples"
    yield ""
    yield f"{len(runs)} cases stand beside the rules and are judged with every change; here one for each rule."
    for rule in ruleset.rules:
        run = next((run for run in runs if rule.id in _expected(run)), None)
        yield ""
        yield f"### {rule.id} speaks" if run is not None else f"### No case shows {rule.id}"
        yield from _example(run) if run is not None else ()
    silent = next((run for run in runs if run.expectation.fires == ()), None)
    if silent is not None:
        yield ""
        yield "### Nothing is said"
        yield from _example(silent)


def _expected(run: CaseRun) -> tuple[str, ...]:
    return tuple(expected.rule for expected in run.expectation.fires or ())


def _example(run: CaseRun) -> Iterator[str]:
    fired = [Fired(rule, ()) for rule in _expected(run)]
    yield ""
    yield f"At `{run.hook}` on {run.moment.today}:"
    yield ""
    yield "```"
    yield from case_text(run, run.name, fired).splitlines()
    yield "```"


def _changelog(changelog: str) -> Iterator[str]:
    yield "## Changes"
    yield ""
    lines = changelog.splitlines()
    told = [f"##{line}" if line.startswith("## ") else line for line in lines if not line.startswith("# ")]
    yield "\n".join(told).strip() or "This ruleset has no changelog of its own yet."


def _notes(notes: Mapping[str, str]) -> Iterator[str]:
    if not notes:
        return
    yield "## Choices, and what is left out"
    for where, text in notes.items():
        yield ""
        yield f"From [the clinical notes]({where}):"
        yield ""
        yield text.strip()


def _names(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def in_text(text: str) -> str:
    """On one line, and without what Markdown or HTML would act on."""
    return re.sub(r"([\\`*_|<>\[\]])", r"\\\1", " ".join(text.split()))


def _label(text: str) -> str:
    """In a picture: quotes and what mermaid acts on as entities."""
    return re.sub(r"[\"#<>&`;\\]", lambda found: f"#{ord(found[0])};", " ".join(text.split()))


def _table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(columns)} |"
    yield f"|{'---|' * len(columns)}"
    yield from (f"| {' | '.join(row)} |" for row in rows)

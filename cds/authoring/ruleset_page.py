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
from cds.authoring.valuesets.inside import SOURCE
from cds.authoring.versions import Version
from cds.rules.definition import Compose, Definition, Entry
from cds.rules.references import names_of
from cds.rules.ruleset import Rule, Ruleset, ValueSet
from cds.rules.text_template import with_values
from cds.terminology.coding import CPT, SYSTEM_NAMES

_SYSTEMS = {uri: name for name, uri in SYSTEM_NAMES.items()}
_TITLES = {
    "rxnorm": "RxNorm", "snomed": "SNOMED CT", "loinc": "LOINC", "icd10cm": "ICD-10-CM", "cvx": "CVX",
    CPT: "CPT", "http://www.cms.gov/Medicare/Coding/ICD10": "ICD-10-PCS",
    "http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets": "HCPCS",
}  # fmt: skip
_JOINED = {"all-of": "all of these", "any-of": "any of these", "none-of": "none of these"}
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
        _limits(version, has_notes=bool(sources.notes)),
        _what(version.ruleset),
        _whom(version.ruleset),
        _evidence(version.ruleset),
        _parameters(version),
        _flow(version.ruleset, mermaid=mermaid),
        _value_sets(version.ruleset),
        _examples(version.ruleset, sources.runs),
        _changelog(sources.changelog),
        _notes(sources.notes),
        _disclaimer(),
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


def _limits(version: Version, *, has_notes: bool) -> Iterator[str]:
    """What a reader must know before anything else, and what a site has to settle before it is of use there."""
    ruleset = version.ruleset
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
    yield "- It is no complete check of its topic: it has the rules below, and no others."
    if has_notes:
        yield "- What was left out, and what could be read in two ways: [below](#choices-and-what-is-left-out)."
    yield ""
    yield "Before it is of use at a site, the site reviews:"
    yield ""
    yield from (f"- {line}" for line in _to_review(version))


def _to_review(version: Version) -> Iterator[str]:
    ruleset = version.ruleset
    yield f"whether the evidence is still what holds: it was last compared on {ruleset.last_review_date};"
    systems = sorted({_titled(coding.system) for each in ruleset.value_sets.values() for coding in each.rows})
    if systems:
        told = ", ".join(in_text(system) for system in systems)
        yield f"whether its records carry these codes, and not local ones alone: {told};"
    if ruleset.parameters:
        yield f"the values it wants for {_names(ruleset.parameters)};"
    own = version.section("value-sets")
    open_sets = [name for name, entry in own.items() if isinstance(entry, dict) and entry.get("extensible") == "yes"]
    if open_sets:
        yield f"its own codes for {_names(open_sets)};"
    yield "which client sends what at each hook, and what happens where it sends less;"
    yield "how often the cards would come among its own patients (`cds shadow`), before anybody sees one."


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
    values = {name: parameter.text for name, parameter in ruleset.parameters.items()}
    summary = in_text(with_values(card.summary, values))
    yield f'**{rule.id}**{hooks}{about}: {card.indicator}, "{summary}"'
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
            how = _how(ruleset, name)
            lines.append(f'  {ids[name]}["{_label(sentence(ruleset, name))}{f"<br>({how})" if how else ""}"]')
            for prefix, below in _below(ruleset, name):
                lines.append(f"  {node(below)} {f'-- {prefix} -->' if prefix else '-->'} {ids[name]}")
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
        how = _how(ruleset, name)
        yield f"{'  ' * depth}- {before}{in_text(sentence(ruleset, name))}{again or (f' ({how})' if how else '')}"
        if name not in told:
            told.add(name)
            for prefix, inner in _below(ruleset, name):
                yield from below(inner, depth + 1, f"{prefix}: " if prefix else "")

    for word, entries in (
        ("", (*ruleset.applies.when, *rule.when)),
        ("unless ", (*ruleset.applies.unless, *rule.unless)),
    ):
        for entry in entries:
            yield from below(entry.name, 0, f"{word}{entry.prefix}{': ' if entry.prefix else ''}")


def _below(ruleset: Ruleset, name: str) -> list[tuple[str, str]]:
    """What a definition rests on, each with the word before it (``not``, ``unknown``, ...)."""
    definition: Definition | None = ruleset.definitions.get(name)
    if definition is None:
        return []
    words: dict[tuple[str, str], None] = {}
    if isinstance(definition.clause, Compose):
        words = dict.fromkeys((entry.prefix, entry.name) for entry in definition.clause.entries)
    named = {each for _, each in words}
    words |= dict.fromkeys(("", each) for each in names_of(definition) if each not in named)
    return [(word, each) for word, each in words if each in ruleset.definitions and each != name]


def _how(ruleset: Ruleset, name: str) -> str:
    """How those below are joined, where more than one is."""
    definition = ruleset.definitions.get(name)
    clause = definition.clause if definition is not None else None
    if not isinstance(clause, Compose):
        return ""
    if clause.kind == "at-least":
        return f"at least {clause.n} of these"
    return "" if len(clause.entries) < 2 and clause.kind != "none-of" else _JOINED[clause.kind]


def _titled(system: str) -> str:
    name = _SYSTEMS.get(system, system)
    return _TITLES.get(name, name)


def _value_sets(ruleset: Ruleset) -> Iterator[str]:
    if not ruleset.value_sets:
        return
    yield "## Value sets"
    yield ""
    rows = []
    for name, value_set in sorted(ruleset.value_sets.items()):
        systems = Counter(_titled(coding.system) for coding in value_set.rows)
        counts = ", ".join(f"{count} {in_text(system)}" for system, count in sorted(systems.items()))
        displays = [row.get("display", "") for _, row in sorted(value_set.rows.items())]
        some = [in_text(display) for display in dict.fromkeys(displays) if display][:_NAMED]
        more = f", and {len(value_set.rows) - len(some)} more" if some and len(value_set.rows) > len(some) else ""
        rows.append((f"`{name}`", counts or "none, until a site adds some", "; ".join(some) + more, _from(value_set)))
    yield from _table(("Value set", "Codes", "Such as", "Read in"), rows)


def _from(value_set: ValueSet) -> str:
    """Where most of its codes were read, and how many other places there are."""
    told = [value_set.origin] if value_set.origin else [row.get(SOURCE, "") for row in value_set.rows.values()]
    places = Counter(place for place in told if place).most_common()
    if not places:
        return "the file"
    more = f" and {len(places) - 1} more" if len(places) > 1 else ""
    return f"{in_text(places[0][0])}{more}"


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


def _disclaimer() -> Iterator[str]:
    yield "## Disclaimer"
    yield ""
    yield (
        "Decision support for professionals, who decide every time and answer for what they decide. It rests on "
        "records that may be wrong, late or incomplete, and on guidelines that change; it replaces neither the label "
        "of a drug nor the judgement of a clinician, and is not for emergencies. It is provided as it is, without "
        "warranty of any kind ([licence](../../LICENSE)). Whoever puts it to use answers for its review, its "
        "approval and its surveillance, and for what the law of their country asks of such software. [Intended "
        "use](../intended-use.md), [hazards](../hazard-log.md)."
    )


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

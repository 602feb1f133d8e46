"""Whether a ruleset is kept up, and its cards can be acted on: the right information, in the right form and moment.

After the "five rights" of clinical decision support (Osheroff, AHRQ): what a program can see of them. It depends on the
day, so it is for ``cds lint`` alone: a version that is served never becomes wrong by waiting.
"""

import re
from collections.abc import Iterator
from datetime import date

from cds.authoring.doubts_said import check_doubts_said
from cds.authoring.limits_said import check_limits_said
from cds.authoring.units_said import check_units_said
from cds.authoring.valuesets.code_set import RETIRED
from cds.documents.problem import Problem, in_order
from cds.documents.yaml_tree import Items, Node, Text, read_yaml
from cds.facts.dates import Duration, day_before
from cds.hooks.context import HOOKS
from cds.rules.ruleset import Rule, Ruleset, ValueSet

#: A ruleset is looked at again at least this often.
REVIEW_EVERY = Duration(2, "year")
_TO_DO = re.compile(r"\bTODO\b")


def check_rights(ruleset: Ruleset, day: date) -> list[Problem]:
    """Everything below, as of a day."""
    found = [
        *_review(ruleset, day),
        *_ended(ruleset, day),
        *(p for each in ruleset.value_sets.values() for p in retired(each)),
    ]
    found += [*check_units_said(ruleset), *check_limits_said(ruleset), *check_doubts_said(ruleset)]
    return in_order([*found, *(problem for rule in ruleset.rules for problem in _cards(ruleset, rule))])


def check_filled_in(content: bytes, file: str) -> list[Problem]:
    """CDS304: what a scaffold left for the author, each where it stands. content: a ruleset.yaml or library.yaml."""
    if b"TODO" not in content:
        return []
    tree, _ = read_yaml(content, file)
    return [] if tree is None else list(_to_do(tree))


def _to_do(node: Node) -> Iterator[Problem]:
    if isinstance(node, Text):
        if _TO_DO.search(node.text):
            shown = " ".join(node.text.split())
            what = f'this is still to be filled in: "{shown[:60]}{"..." if len(shown) > 60 else ""}"'
            yield Problem("CDS304", node.location, what, "write it, and take the word TODO out")
    else:
        for inside in node if isinstance(node, Items) else (value for _, value in node.entries):
            yield from _to_do(inside)


def _review(ruleset: Ruleset, day: date) -> Iterator[Problem]:
    """CDS305: nobody has looked at it for too long, or says to have looked tomorrow."""
    reviewed = ruleset.last_review_date
    if reviewed > day:
        what = f"last-review-date {reviewed} lies after {day}"
        yield Problem("CDS305", ruleset.location, what, "write the day on which it was reviewed", "warning")
    elif reviewed < day_before(day, REVIEW_EVERY):
        what = f"the last review was on {reviewed}, more than {REVIEW_EVERY} before {day}"
        hint = "look at the evidence again; then a new version with the day of the review (a patch, if nothing changed)"
        yield Problem("CDS305", ruleset.location, what, hint, "warning")
    if ruleset.approval_date > day:
        what = f"approval-date {ruleset.approval_date} lies after {day}"
        yield Problem("CDS305", ruleset.location, what, "write the day on which it was approved", "warning")


def _ended(ruleset: Ruleset, day: date) -> Iterator[Problem]:
    """CDS314: a draft that would answer nobody once it is published. Of services: :mod:`cds.services.lapsed`."""
    until = ruleset.effective.until
    if ruleset.status == "draft" and until is not None and until <= day:
        what = f"its evidence no longer applies: effective until {until}, and today is {day}"
        yield Problem("CDS314", ruleset.location, what, "look at the evidence again, and write what applies", "warning")


def retired(value_set: ValueSet) -> Iterator[Problem]:
    """CDS306: the file of a value set says itself that a code is no longer in use."""
    codes = [c.code for c, row in value_set.rows.items() if row.get("status", "").strip().lower() in RETIRED]
    if codes:
        shown = f"{', '.join(codes[:3])}{f' and {len(codes) - 3} more' if len(codes) > 3 else ''}"
        what = f'"{value_set.name}" has codes that its file says are retired: {shown}'
        hint = "old records may still carry them: keep them if that is meant, beside what replaced them"
        yield Problem("CDS306", value_set.location, what, hint, "advice")


def _cards(ruleset: Ruleset, rule: Rule) -> Iterator[Problem]:
    """CDS507: a warning that offers nothing. CDS508: one that interrupts, and does not ask why it is overridden."""
    card = rule.card
    if card.indicator == "info":
        return
    if not (card.changes or card.override_reasons or card.links):
        what = f'the {card.indicator} card of "{rule.id}" leaves a clinician nothing to do with it'
        hint = "offer a suggestion or a link, or at least override-reasons; or let it inform: indicator: info"
        yield Problem("CDS507", card.location, what, hint, "warning")
    elif card.indicator == "critical" and not card.override_reasons and _interrupts(ruleset, rule):
        what = f'the critical card of "{rule.id}" stops an order and does not ask why it is overridden'
        hint = "override-reasons: codes of override-reasons.yaml; without them nobody learns why it is ignored"
        yield Problem("CDS508", card.location, what, hint, "warning")


def _interrupts(ruleset: Ruleset, rule: Rule) -> bool:
    """Whether it answers where orders are being written."""
    return any(field.drafts for hook in rule.hooks or ruleset.hooks for field in HOOKS[hook].fields)

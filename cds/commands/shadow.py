"""``cds shadow``: a version judged beside what answers, and its report."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from cds.commands.activation import VERSION, acting, bring, with_values
from cds.commands.environment import CannotStart, settings_or_stop
from cds.commands.making_live import reached_database, split_address
from cds.commands.output import FOUND, OK, counted, json_option, plain, report, table

if TYPE_CHECKING:
    from cds.records.shadow_report import Compared

_KINDS = ("same", "gained", "lost", "reworded", "unknown")


class _WithDefault(click.Group):
    """A group whose first command may be left out: ``cds shadow R@V`` is ``cds shadow start R@V``."""

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        """The command that is named, else ``start``."""
        return super().resolve_command(ctx, args if args and args[0] in self.commands else ["start", *args])


@click.group(cls=_WithDefault)
def shadow() -> None:
    """Judge a version beside what answers, shown to nobody: cds shadow RULESET@VERSION. Compare: cds shadow report."""


@shadow.command()
@VERSION
@with_values
@acting
def start(address: str, **said: Any) -> None:
    """Judge RULESET@VERSION beside what answers: recorded, shown to nobody. ``start`` may be left out."""
    bring("shadow", address, stage="shadow", **said)


@shadow.command("report")
@VERSION
@click.option("--service", default="", metavar="ID", help="Only decisions of this service.")
@click.option("--pinned", is_flag=True, help="Also decisions whose moment a request pinned (tests, replays).")
@click.option(
    "--examples",
    type=click.IntRange(0, 3),
    default=0,
    help="Show so many cards of each rule that gained or reworded one (they hold patient data).",
)
@json_option
def tell(address: str, *, service: str, pinned: bool, examples: int, as_json: bool) -> None:
    """What RULESET@VERSION would have said against what was shown: by rule, with decisions as witnesses.

    A card is gained, lost, reworded or the same; unknown: a rule of it that could not be told. Ends with 1 when nothing
    was judged. What was shown to a witness instead: cds decisions show ID.
    """
    from cds.records.keys import KeysUnusable, load_keys
    from cds.records.launch import ship_what_waits
    from cds.records.shadow_report import cards_of, compared

    name, version = split_address(address)
    settings = settings_or_stop()
    ship_what_waits(settings.state, settings.database_url, 5)
    with reached_database(settings) as database:
        found = compared(database, name, version, service=service, pinned=pinned)
        shown: list[_Example] = []
        if examples:
            try:
                keys = load_keys(settings.keys_file, settings.state).records
            except KeysUnusable as fault:
                raise CannotStart(f"the cards cannot be opened: {fault}") from None
            shown = [
                _Example(one.shadow, change.rule, change.change, witness, card)
                for one in found
                for change in one.changes
                if change.change in ("gained", "reworded")
                for witness in change.witnesses[:examples]
                for rule, _, card in cards_of(database, keys, one.shadow, witness) or ()
                if rule == change.rule
            ]
    result = {"ruleset": name, "version": version, "compared": [_data(one) for one in found]}
    result |= {"examples": [example.data for example in shown]} if examples else {}
    status = OK if any(one.decisions for one in found) else FOUND
    lines = [*_lines(address, found), *(line for example in shown for line in example.lines)]
    report(lines, result, as_json=as_json, status=status)


@dataclass(frozen=True, slots=True)
class _Example:
    """A card that a version in the shadow would have shown, in a decision."""

    shadow: str
    rule: str
    change: str
    decision: str
    card: dict[str, Any]

    @property
    def data(self) -> dict[str, Any]:
        told = {"shadow": self.shadow, "rule": self.rule, "change": self.change}
        return told | {"decision": self.decision, "card": self.card}

    @property
    def lines(self) -> Iterator[str]:
        yield ""
        yield plain(f"{self.change} {self.rule}, decision {self.decision}")
        yield plain(f"  {self.card['indicator']}: {self.card['summary']}")
        yield from (plain(f"  | {line}") for line in self.card.get("detail", "").splitlines())
        for suggestion in self.card.get("suggestions", ()):
            yield plain(f"  suggests: {suggestion['label']}")


def _data(one: "Compared") -> dict[str, Any]:
    return {
        "shadow": one.shadow,
        "against": one.against or None,
        "decisions": one.decisions,
        "since": one.since.isoformat() if one.since else None,
        "until": one.until.isoformat() if one.until else None,
        "faults": one.faults,
        "changes": [
            {"rule": c.rule, "change": c.change, "decisions": c.decisions, "witnesses": list(c.witnesses)}
            for c in one.changes
        ],
    }


def _lines(address: str, found: "Sequence[Compared]") -> Iterator[str]:
    if not found:
        yield f"no decision was judged by {plain(address)} in the shadow"
    for one in found:
        against = one.against or "nothing: no version answered"
        yield plain(f"{one.shadow} against {against}: {counted(one.decisions, 'decision')}")
        if one.faults:
            yield plain("  could not be judged: " + ", ".join(f"{fault} {n}" for fault, n in one.faults.items()))
        if one.changes:
            yield from table(("rule", *_KINDS, "witnesses"), _rows(one))


def _rows(one: "Compared") -> Iterator[tuple[object, ...]]:
    """A line for each rule; as witnesses, decisions in which something differs."""
    for rule in dict.fromkeys(change.rule for change in one.changes):
        kinds = {change.change: change for change in one.changes if change.rule == rule}
        counts = (kinds[kind].decisions if kind in kinds else 0 for kind in _KINDS)
        differing = [kinds[kind] for kind in ("gained", "lost", "reworded") if kind in kinds]
        told = [f"{change.change} {', '.join(change.witnesses)}" for change in differing]
        yield (rule, *counts, "; ".join(told))

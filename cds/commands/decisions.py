"""``cds decisions``: what was answered, and what became of it. It opens sealed records, and changes none.

What it prints is about patients: it is for the terminal of who may see that, not for a log.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from cds.commands.environment import CannotStart, settings_or_stop
from cds.commands.output import FOUND, OK, counted, json_option, plain, report
from cds.settings import Settings

if TYPE_CHECKING:
    from cds.records.database import Database
    from cds.records.reading import Answer, Decision, Line, RefusedCalls
    from cds.rules.catalog.load import Catalog
    from cds.rules.ruleset import Ruleset

#: Seconds that records of an ended service get to reach the database before it is read.
_SHIPPING_SECONDS = 5
_SAME = "the same cards"
_NONE = "no such decision is recorded"


@click.group()
def decisions() -> None:
    """Recorded decisions and the feedback to their cards."""


@decisions.command("list")
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1, 100_000))
@click.option("--refused", is_flag=True, help="instead: the calls that got no answer")
@json_option
def list_newest(limit: int, *, refused: bool, as_json: bool) -> None:
    """The answers recorded last, newest first. Opens nothing that is sealed."""
    if refused:
        _list_refused(limit, as_json=as_json)
    else:
        _list_answers(limit, as_json=as_json)


def _list_refused(limit: int, *, as_json: bool) -> None:
    from cds.records.reading import newest_refused

    with _database(settings_or_stop()) as engine:
        found = newest_refused(engine, limit)
    report(map(_refused_told, found), {"refused": [_refused_data(calls) for calls in found]}, as_json=as_json)


def _refused_data(calls: "RefusedCalls") -> dict[str, object]:
    return {
        "at": calls.at.isoformat(),
        "call": calls.call,
        "service": calls.service,
        "client": calls.client,
        "status": calls.status,
        "fault": calls.fault,
        "hookInstance": calls.hook_instance,
        "calls": calls.calls,
    }


def _refused_told(calls: "RefusedCalls") -> str:
    which = f"hook instance {calls.hook_instance}" if calls.hook_instance else counted(calls.calls, "call")
    who = (
        f"{calls.service or 'several services'} ({calls.call or 'of any kind'}), client {plain(calls.client) or 'any'}"
    )
    return f"{calls.at:%Y-%m-%d %H:%M:%SZ}  {calls.status}  {calls.fault or 'several faults'}  {who}  {which}"


def _list_answers(limit: int, *, as_json: bool) -> None:
    from cds.records.reading import newest, unmatched_count

    with _database(settings_or_stop()) as engine:
        found, unmatched = newest(engine, limit), unmatched_count(engine)
    result = {"answers": [_line_data(line) for line in found], "unmatched": unmatched}
    report(map(_line_told, found), result, as_json=as_json)
    if unmatched and not as_json:
        click.echo(f"{counted(unmatched, 'outcome')} of cards that no recorded answer showed", err=True)


def _line_data(line: "Line") -> dict[str, object]:
    told = {"decision": line.decision, "service": line.service, "recordedAt": line.recorded_at.isoformat()}
    return told | {"pinned": line.pinned, "retry": line.is_retry, "cards": line.cards, "outcomes": line.outcomes}


def _line_told(line: "Line") -> str:
    seen = f"{counted(line.cards, 'card')}, {counted(line.outcomes, 'outcome')}"
    marks = _marks(retry=line.is_retry, pinned=line.pinned)
    return f"{line.recorded_at:%Y-%m-%d %H:%M:%SZ}  {line.decision}  {line.service}  {seen}{marks}"


@decisions.command()
@click.argument("which", metavar="ID")
@click.option("--facts", is_flag=True, help="with --json: also the facts that the rules could read, and the answer")
@json_option
def show(which: str, facts: bool, *, as_json: bool) -> None:
    """A decision with its cards and their feedback. ID: of the decision, of one of its cards, or the hook instance.

    Ends with 1 when there is no such decision.
    """
    from cds.feedback.account import account_of

    settings = settings_or_stop()
    with _database(settings) as engine:
        found = [account_of(decision, facts=facts) for decision in _found(engine, settings, which)]
    lines = (line for account in found for line in _told(account))
    if not found:
        click.echo(_NONE, err=True)
    report(lines, {"decisions": found}, as_json=as_json, status=OK if found else FOUND)


@decisions.command()
@click.argument("which", metavar="ID")
@json_option
def again(which: str, *, as_json: bool) -> None:
    """Judge the recorded facts of a decision again, by the versions and at the moment of then. ID: as for show.

    Ends with 0 when every answer comes out as it was given, else with 1.
    """
    settings = settings_or_stop()
    with _database(settings) as engine:
        found = _found(engine, settings, which)
    from cds.rules.catalog.load import load_catalog

    catalog, _ = load_catalog(settings.rulesets)
    judged = [
        (answer, _judged_again(decision, answer, settings, catalog))
        for decision in found
        for answer in decision.answers
    ]
    lines = [f"{answer.recorded_at:%Y-%m-%d %H:%M:%SZ}  {said}" for answer, said in judged]
    told = [
        {"recordedAt": answer.recorded_at.isoformat(), "same": said == _SAME, "said": said} for answer, said in judged
    ]
    status = OK if judged and all(said == _SAME for _, said in judged) else FOUND
    if not judged:
        click.echo(_NONE, err=True)
    report(lines, {"answers": told}, as_json=as_json, status=status)


def _judged_again(decision: "Decision", answer: "Answer", settings: Settings, catalog: "Catalog") -> str:
    from zoneinfo import ZoneInfo

    from cds.decisions.record import read_kept
    from cds.decisions.rerun import cards_again
    from cds.decisions.selected import without_rules
    from cds.facts.dates import Moment
    from cds.rules.engine.reference import make_reference
    from cds.rules.judge.plan import compile_ruleset, join

    if answer.secret is None:
        return "no key here opens what is sealed of it"
    here = [_as_then(one, settings, catalog) for one in answer.rulesets]
    versions = [ruleset for ruleset in here if ruleset is not None]
    if len(versions) < len(here):
        gone = [told for told, ruleset in zip(answer.rulesets, here, strict=True) if ruleset is None]
        return f"not judged: {', '.join(map(_version_told, gone))} is not here as it was"
    stopped = {(one["ruleset"].partition("@")[0], one["rule"]) for one in answer.left_open.get("stopped", ())}
    plan = join(tuple(without_rules(compile_ruleset(ruleset, make_reference), stopped) for ruleset in versions))
    moment = Moment(answer.at, ZoneInfo(answer.zone))
    key = (decision.client, decision.service, decision.hook_instance)
    repeated = [(one["ruleset"], one["rule"]) for one in (answer.left_open or {}).get("repeated", ())]
    is_same = cards_again(read_kept(answer.secret), key, moment, plan, catalog.override_reasons, repeated=repeated)
    return _SAME if is_same else f"comes out otherwise here (it was build {answer.build})"


def _version_told(one: Mapping[str, Any]) -> str:
    return f"{one['ruleset']}@{one['version']}"


def _as_then(one: Mapping[str, Any], settings: Settings, catalog: "Catalog") -> "Ruleset | None":
    """The version that answered, with what the site had set; None where it is not here as it was."""
    from cds.rules.catalog.load import load_version

    here = {ruleset.digest: ruleset for versions in catalog.versions.values() for ruleset in versions}
    found = here.get(one["digest"])
    if found is None or not one.get("site"):
        return found
    folder = settings.rulesets / found.name / found.version
    return load_version(folder, catalog.override_reasons, one["site"])[0]


def _found(engine: "Database", settings: Settings, which: str) -> "list[Decision]":
    from cds.records.keys import KeysUnusable, read_keys
    from cds.records.reading import find_decisions

    try:
        keys = read_keys(settings.keys_file or settings.state / "keys.json")
    except KeysUnusable as fault:
        raise CannotStart(f"nothing sealed can be opened: {fault}") from None
    return find_decisions(engine, keys.records, which)


@contextmanager
def _database(settings: Settings) -> "Iterator[Database]":
    """The database with all that is recorded so far, or the command stops and says why."""
    from cds.records.database import DatabaseAway, DatabaseUnusable, is_current, open_database
    from cds.records.launch import ship_what_waits

    try:
        engine = open_database(settings.database_url, settings.state)
        if not ship_what_waits(settings.state, settings.database_url, _SHIPPING_SECONDS):
            click.echo("some records still wait in the spool and are not shown", err=True)
        if not is_current(engine):
            raise CannotStart("there are no records of this version here; is CDS_STATE or CDS_DATABASE_URL right?")
        yield engine
    except DatabaseUnusable as fault:
        raise CannotStart(f"CDS_DATABASE_URL: {fault.reason}") from None
    except DatabaseAway as fault:
        raise CannotStart(f"the database does not answer ({fault})") from None


def _told(account: dict[str, Any]) -> Iterator[str]:
    yield f"decision {account['decision']}"
    yield f"  {account['service']} ({account['hook']}), client {plain(account['client'])}"
    yield f"  hook instance {account['hookInstance']}"
    for number, answer in enumerate(account["answers"], 1):
        marks = _marks(retry=answer["retry"], pinned=answer["pinned"], cached=answer["cached"])
        yield f"  answer {number} recorded {answer['recordedAt']} for {answer['at']} ({answer['zone']}){marks}"
        yield f"    build {answer['build']}; judged by:"
        yield from (f"      {plain(_judged_by(one))}" for one in answer["rulesets"])
        if not answer["opened"]:
            yield "    no key here opens what is sealed of it"
        for card in answer["cards"]:
            yield f"    card {card['uuid']} {card['indicator']}: {plain(card.get('summary', '(sealed)'))}"
            yield f"      {card['ruleset']} rule {card['rule']}"
        yield from (f"    {name}: {json.dumps(left)}" for name, left in answer["leftOpen"].items())
    for outcome in account["feedback"]:
        yield from _told_outcome(outcome)


def _judged_by(one: Mapping[str, Any]) -> str:
    from cds.decisions.record import pinned_address

    values = ", ".join(f"{name} = {text}" for name, text in one.get("site", {}).items())
    stage = f" [{one['stage']}]" if "stage" in one else ""
    return f"{pinned_address(one)}{stage}{f', with {values}' if values else ''}"


def _told_outcome(outcome: dict[str, Any]) -> Iterator[str]:
    yield f"  feedback to {plain(outcome['card'])}: {outcome['outcome']} at {outcome['at']}"
    for accepted in outcome.get("accepted", ()):
        yield f"    accepted {plain(accepted['label'] or accepted['id'])}"
    if reason := outcome.get("reason"):
        yield f"    reason {plain(reason['code'])} ({plain(reason['system'] or 'no system')})"
    if comment := outcome.get("comment"):
        yield f"    comment: {plain(comment)}"
    if not outcome["opened"]:
        yield "    no key here opens its comment"


def _marks(**marks: bool) -> str:
    said = [word for word, is_so in marks.items() if is_so]
    return f" [{', '.join(said)}]" if said else ""

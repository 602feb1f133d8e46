"""``cds explain``: why each rule of a ruleset fired for a request, and why each other one did not.

It prints what the request says of the patient: for people who may read that record, at their own terminal.
"""

import difflib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cds.commands.environment import CannotStart, moment_or_stop, settings_or_stop
from cds.commands.output import json_option, plain, report
from cds.commands.versions import folders_named, home_named
from cds.commands.what_if import what_if, what_if_data, what_if_lines

if TYPE_CHECKING:
    from cds.authoring.asking import Asked
    from cds.facts.dates import Moment
    from cds.rules.judge.tracing import RulesetTrace
    from cds.rules.ruleset import Ruleset


@click.command()
@click.argument("ruleset")
@click.argument("request", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--rule", "only", help="This rule alone.")
@click.option("--at", "at", help="The moment of decision (a date is its end); now if not given.")
@click.option("--whole", is_flag=True, help="Every condition of silent rules too.")
@click.option("--search", type=click.IntRange(0), default=2, help="Seconds to look for what would change it [2].")
@json_option
def explain(
    ruleset: str, request: Path, *, only: str | None, at: str | None, whole: bool, search: int, as_json: bool
) -> None:
    """Judge the hook call in the file REQUEST by RULESET, and show why each rule did what it did.

    RULESET is a name (the version in effect at the moment), name@version, name@draft, or a version folder. It also
    looks for the smallest change of the record that changes the answer, and for what is not on record and would
    (docs/commands.md).
    """
    from cds.authoring import explaining

    settings = settings_or_stop()
    moment = moment_or_stop(at, settings)
    found = _ruleset(ruleset, settings.rulesets, moment)
    asked = _asked(found)
    body = _body(request)
    trace = _trace(asked, body, moment)
    shown = _only(trace, only)
    judging = shown.judging
    result = {
        "ruleset": _address(judging.ruleset),
        "hook": judging.record.hook,
        "at": moment.instant.isoformat(),
        "rules": explaining.as_json(shown),
    }
    told = what_if(asked, body, moment, only, search) if search else None
    lines = [*_lines(shown, whole=whole or only is not None), *(what_if_lines(told) if told else ())]
    report(lines, result | ({"whatIf": what_if_data(told)} if told else {}), as_json=as_json)


def _lines(trace: "RulesetTrace", *, whole: bool) -> Iterator[str]:
    from cds.authoring import explaining

    ruleset = trace.judging.ruleset
    number = f" (to be {ruleset.version})" if ruleset.status == "draft" else ""
    yield f"{_address(ruleset)}{number}, {trace.judging.record.hook}"
    yield from map(plain, explaining.lines(trace, whole=whole))


def _address(ruleset: "Ruleset") -> str:
    return f"{ruleset.name}@draft" if ruleset.status == "draft" else ruleset.address


def _ruleset(named: str, folder: Path, moment: "Moment") -> "Ruleset":
    from cds.authoring.versions import published_versions
    from cds.rules.catalog.load import load_beside

    if os.path.isfile(f"{named}/ruleset.yaml"):
        found, problems, _ = load_beside(Path(named))
        if found is None:
            raise CannotStart("\n".join(str(problem) for problem in problems))
        return found
    if named.endswith("@draft"):
        return _ruleset(str(folders_named([named], folder)[0]), folder, moment)
    name, _, version = named.partition("@")
    here = []
    for candidate in _published(name, folder):
        if candidate.version == version or (not version and candidate.effective.covers(moment.today)):
            return candidate
        here.append(candidate)
    draft = folder / name / "draft"
    has_draft = (draft / "ruleset.yaml").is_file()
    if has_draft and not version and not published_versions(folder / name):
        click.echo(plain(f"note: no version of {name} is published: this is its draft"), err=True)
        return _ruleset(str(draft), folder, moment)
    also = [*(each.version for each in here), *(["draft"] if has_draft else [])]
    if not version and not here:
        raise CannotStart(plain(f"no published version of {name} can be read: cds lint {name} tells why"))
    if version:
        told = f"of {name} there is {', '.join(also) or 'none that can be read (cds lint tells why)'}"
        raise CannotStart(f"there is no version {plain(named)}: {plain(told)}")
    days = ", ".join(f"{each.version} {_days(each)}" for each in here)
    raise CannotStart(f"no version of {name} is in effect on {moment.today}: {days}; --at or NAME@VERSION takes one")


def _days(ruleset: "Ruleset") -> str:
    days = ruleset.effective
    return f"from {days.start}" + (f" until the day before {days.until}" if days.until else " on")


def _published(name: str, folder: Path) -> "Iterator[Ruleset]":
    """The published versions, the highest first, each read when it is asked for: most often one is enough."""
    from cds.authoring.versions import published_versions
    from cds.rules.catalog.load import load_override_reasons, load_version
    from cds.rules.catalog.shelf import Shelf

    home = home_named(name, folder)
    reasons, _ = load_override_reasons(folder / "override-reasons.yaml")
    shelf = Shelf(folder)
    for version in reversed(published_versions(home)):
        ruleset, _ = load_version(home / version, reasons, shelf=shelf)
        if ruleset is not None and ruleset.status == "published":
            yield ruleset


def _asked(ruleset: "Ruleset") -> "Asked":
    from cds.authoring.asking import Asked
    from cds.rules.engine.reference import make_reference

    return Asked.of(ruleset, make_reference)


def _body(file: Path) -> bytes:
    """The request as written, or the command stops and says where it ends to be JSON; nothing of it is repeated."""
    if not file.is_file():
        raise CannotStart(f"{file} is no file")
    body = file.read_bytes()
    try:
        json.loads(body)
    except json.JSONDecodeError as fault:
        raise CannotStart(f"{file}:{fault.lineno}:{fault.colno}: this is not JSON: {fault.msg}") from None
    except UnicodeDecodeError:
        raise CannotStart(f"{file}:1:1: this is not UTF-8: save it as UTF-8") from None
    except (RecursionError, ValueError):
        raise CannotStart(
            f"{file}:1:1: this is JSON that nobody can read: too deep, or a number that is too long"
        ) from None
    return body


def _trace(asked: "Asked", body: bytes, moment: "Moment") -> "RulesetTrace":
    from cds.errors import ServiceFault
    from cds.facts.wrong_patient import WrongPatient
    from cds.hooks.faults import EnvelopeRejected
    from cds.rules.judge.tracing import trace

    try:
        request, templates = asked.read(body)
        for note in _misnamed(request.prefetch or {}, [template.key for template in templates]):
            click.echo(plain(note), err=True)
        return trace(asked.plan.parts[0], asked.record(request, moment), moment)
    except EnvelopeRejected as fault:
        told = "\n".join(f"  {each.field}: {each.message}" for each in fault.faults)
        hint = "a whole one is docs/examples/order-sign.json; cds test NAME --requests FOLDER writes your cases as such"
        raise CannotStart(f"the request cannot be judged:\n{told}\n{hint}") from None
    except WrongPatient as fault:
        told = f"{fault.field} is about another patient than context.patientId"
        raise CannotStart(f"the request cannot be judged: {told}") from None
    except ServiceFault as fault:
        raise CannotStart(f"the request cannot be judged: {fault}") from None


def _misnamed(prefetch: Mapping[str, object], keys: Sequence[str]) -> Iterator[str]:
    """Keys that look like one that is missing, and are not it: what they hold counts as not supplied."""
    for key in keys:
        near = difflib.get_close_matches(key.lower(), [each.lower() for each in prefetch], 1, 0.8)
        if key not in prefetch and near:
            told = next(each for each in prefetch if each.lower() == near[0])
            yield f'note: the prefetch has "{told}"; "{key}" is what is asked for, so it counts as not supplied'


def _only(trace: "RulesetTrace", only: str | None) -> "RulesetTrace":
    rules = tuple(rule for rule in trace.rules if only is None or rule.rule.id == only)
    if not rules:
        ids = [each.id for each in trace.judging.ruleset.rules]
        near = difflib.get_close_matches(only or "", ids, 1)
        hint = f"did you mean {near[0]}?" if near else f"it has {', '.join(ids)}"
        raise CannotStart(f"there is no rule {plain(only or '')} in {_address(trace.judging.ruleset)}: {hint}")
    return replace(trace, rules=rules)

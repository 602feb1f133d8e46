"""``cds publish``, ``approve`` and ``verify``: versions that never change, and who answers for them."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, TextIO

import click

from cds import clock
from cds.commands.environment import CannotStart, settings_or_stop
from cds.commands.identity import LOCAL, identity, token_option
from cds.commands.making_live import split_address
from cds.commands.output import (
    FOUND,
    OK,
    coloured,
    counted,
    end_with,
    json_option,
    plain,
    problem_lines,
    report,
    table,
)
from cds.commands.versions import home_named, is_version, no_file_in
from cds.documents.problem import Problem
from cds.settings import Settings

if TYPE_CHECKING:
    from cds.authoring.publishing import Step
    from cds.authoring.verifying_versions import Verified
    from cds.authoring.versions import Version
    from cds.rules.ruleset import Ruleset


@click.command()
@click.argument("ruleset")
@click.option(
    "--entry", metavar="TEXT", help="What the ruleset's CHANGELOG.md says of this version, if it does not yet."
)
@click.option("--with-warnings", is_flag=True, help="Publish although cds lint warns: somebody has read the warnings.")
@click.option("--check", is_flag=True, help="Only say whether it could be published, and under which number.")
@token_option
@json_option
def publish(  # noqa: PLR0917 - click names them
    ruleset: str, entry: str | None, with_warnings: bool, check: bool, token: TextIO | None, as_json: bool
) -> None:
    """Make a version of the draft of RULESET (or library), which is never edited from then on.

    The draft must have no problem, its cases must pass, its number must fit what changed, and the ruleset's
    CHANGELOG.md must speak of it. Then draft/ becomes <version>/, with a DIGEST and a record of who published it. It
    is not live by that: see cds approve and cds activate.
    """
    from cds.authoring import publishing

    settings = settings_or_stop()
    folder = home_named(ruleset, settings.rulesets) / "draft"
    if not is_version(folder):
        raise CannotStart(
            no_file_in(folder)
            if folder.is_dir()
            else f"there is no draft of {plain(ruleset)}: cds new {plain(ruleset)} makes one of the newest version"
        )
    draft = _checked(folder, settings, as_json=as_json, with_warnings=with_warnings)
    now = clock.now()
    try:
        step = publishing.step_to(draft)
        if check:
            _tell_step(draft, step, entry, as_json=as_json)
            return
        publishing.check_changelog(folder.parent, draft.ruleset.version, entry)
        by = identity(settings, token)
        made = publishing.publish(draft, by, f"{now:%Y-%m-%dT%H:%M:%SZ}", lambda found: _vetted(found, settings))
    except publishing.CannotPublish as fault:
        _refuse(fault.reason, fault.problems, as_json=as_json)
    if entry is not None:
        _add_entry(made, f"{now.astimezone(settings.timezone):%Y-%m-%d}", entry)
    result = _data(made, step) | {"digest": made.ruleset.digest, "by": by, "approvedBy": made.ruleset.approved_by}
    report(_published_lines(made, step, by, settings), result, as_json=as_json)


def _checked(folder: Path, settings: Settings, *, as_json: bool, with_warnings: bool) -> "Version":
    """The draft, if lint and its cases have nothing to say against it."""
    from cds.authoring.versions import read_version
    from cds.commands.lint import problems_in

    problems = problems_in(folder, clock.now().astimezone(settings.timezone).date())
    stops = [
        each for each in problems if each.severity == "error" or (each.severity == "warning" and not with_warnings)
    ]
    draft, _ = read_version(folder)
    if stops or draft is None:
        hint = "" if any(each.severity == "error" for each in stops) else "; or, if they were read, --with-warnings"
        _refuse(f"{folder}: mend what cds lint says first{hint}", stops, as_json=as_json)
    if draft.ruleset.status != "draft":
        raise CannotStart(f"{draft.file}: write status: draft")
    if draft.ruleset.approved_by != "none":
        raise CannotStart(f"{draft.file}: leave out approved-by: cds approve records who did, with the digest")
    if not draft.is_library:
        _run_cases(folder, settings, as_json=as_json)
    return draft


def _run_cases(folder: Path, settings: Settings, *, as_json: bool) -> None:
    from cds.commands.test import run_one

    told, problems = run_one(folder, settings)
    if told is None or not told.results:
        _refuse(f"{folder}: there is no case to show what it does: write cases/ first", problems, as_json=as_json)
    if told.failed:
        first = told.failed[0]
        what = f"{counted(len(told.failed), 'case')} of {folder} failed, the first '{first.run.name}'"
        _refuse(f"{what}: {first.failures[0]}; cds test {told.address} tells all", (), as_json=as_json)


def _refuse(reason: str, problems: Sequence[Problem], *, as_json: bool) -> NoReturn:
    lines = [*problem_lines(problems), coloured(plain(reason), "error")]
    result = {"published": False, "reason": reason}
    report(lines, result, as_json=as_json, problems=problems, status=FOUND)
    end_with(FOUND)


def _vetted(ruleset: "Ruleset", settings: Settings) -> list[Problem]:
    from cds.rules.catalog.vetted import refused

    return refused((ruleset,), settings.state / "vetted") if settings.engine == "durable" and ruleset.rules else []


def _add_entry(draft: "Version", day: str, entry: str) -> None:
    from cds.authoring.publishing import CHANGELOG, with_entry

    file = draft.folder.parent / CHANGELOG
    before = file.read_text(encoding="utf-8") if file.is_file() else ""
    file.write_text(with_entry(before, draft.ruleset.title, draft.ruleset.version, day, entry), encoding="utf-8")


def _data(version: "Version", step: "Step") -> dict[str, object]:
    from cds.authoring.comparing_report import change_data

    told = {"ruleset": version.ruleset.name, "version": version.ruleset.version, "level": step.level}
    before = step.before.ruleset.version if step.before else None
    return told | {"before": before, "least": step.least, "changes": [change_data(each) for each in step.changes]}


def _tell_step(draft: "Version", step: "Step", entry: str | None, *, as_json: bool) -> None:
    """Which step it is, and whether the changelog speaks of it."""
    from cds.authoring import publishing

    against = f"a {step.level} change of {step.before.ruleset.version}" if step.before else "the first version"
    lacks = ""
    try:
        publishing.check_changelog(draft.folder.parent, draft.ruleset.version, entry)
    except publishing.CannotPublish as fault:
        lacks = fault.reason
    but = ", but for one thing:" if lacks else ""
    lines = [coloured(f"{draft.ruleset.address} can be published as {against}{but}", "good")]
    lines += [coloured(plain(lacks), "error")] if lacks else []
    result = _data(draft, step) | ({"reason": lacks} if lacks else {})
    report(lines, result, as_json=as_json, status=FOUND if lacks else OK)


def _published_lines(made: "Version", step: "Step", by: str, settings: Settings) -> Iterator[str]:
    against = f"a {step.level} change of {step.before.ruleset.version}" if step.before else "the first version"
    yield coloured(f"published {made.ruleset.address} as {made.folder}: {against}", "good")
    yield f"sha256:{made.ruleset.digest}"
    who = "nobody in particular (CDS_AUTH is not jwt)" if by == LOCAL else plain(by)
    yield f"unapproved; published by {who}."
    if by == LOCAL:
        yield "  approval needs to know who is who (CDS_AUTH=jwt): docs/authoring.md, step 6"
    else:
        yield f"  somebody else may look, and then: cds approve {made.ruleset.address} --why TEXT --token FILE"
    if not made.is_library:
        yield _not_live(made, settings.rulesets / "services.yaml", is_first=step.before is None)
        yield f"  cds shadow {made.ruleset.address}     judged and recorded, shown to nobody"
        yield f"  cds activate {made.ruleset.address}   it answers"


def _not_live(made: "Version", services: Path, *, is_first: bool) -> str:
    """Who would answer with it, as services.yaml stands, and what is to be done first."""
    from cds.rules.catalog.load import Catalog
    from cds.services.catalogue import load_services

    ruleset = made.ruleset
    found, _ = load_services(services, Catalog({ruleset.name: (ruleset,)}, {}))  # its faults are for cds lint
    ranges = {each.id: each.rulesets[ruleset.name] for each in found if ruleset.name in each.rulesets}
    if not ranges:
        hooks = " or ".join(sorted(ruleset.hooks))
        line = f'{ruleset.name}: ">={ruleset.version} <{int(ruleset.version.split(".")[0]) + 1}.0.0"'
        return f"not live: no service answers with it: name it in {services} in a service of {hooks} ({line}); then"
    fitting = [name for name, versions in ranges.items() if versions.admits(ruleset.version)]
    if not fitting:
        told = ", ".join(f'"{versions.text}" in {name}' for name, versions in ranges.items())
        return f"not live: services.yaml binds other versions ({told}); widen the range, then one of"
    where = ", ".join(fitting)
    if is_first:
        return f"services.yaml binds it ({where}): it answers from the next start on, unless one of these comes first"
    return f"not live yet; services.yaml binds it ({where}); one of"


@click.command()
@click.argument("address", metavar="RULESET@VERSION")
@click.option("--why", required=True, help="What was looked at, and why it is right: it stands in the record.")
@token_option
@json_option
def approve(address: str, why: str, token: TextIO | None, as_json: bool) -> None:
    """Record that you, who are not its author, approve of RULESET@VERSION exactly as its digest says."""
    from cds.authoring import publishing
    from cds.rules.catalog.publications import UNKNOWN_AUTHOR, Approval

    settings = settings_or_stop()
    name, version = split_address(address)
    folder = home_named(name, settings.rulesets) / version
    if not folder.is_dir():
        raise CannotStart(f"there is no {plain(address)} in {settings.rulesets}")
    if not why.strip() or not why.isprintable():
        raise CannotStart("--why: say in a line what was looked at, and why it is right")
    if settings.auth != "jwt":
        raise CannotStart(
            "nobody can be told from anybody else here, so nobody can approve: with CDS_AUTH=jwt, access tokens say who"
            " publishes and who approves (docs/authoring.md, step 6)"
        )
    try:
        approval = Approval(identity(settings, token), f"{clock.now():%Y-%m-%dT%H:%M:%SZ}", " ".join(why.split()))
        done = publishing.approve(folder, approval)
    except publishing.CannotPublish as fault:
        _refuse(fault.reason, fault.problems, as_json=as_json)
    result = {"ruleset": name, "version": version, "digest": done.digest, "by": done.by, "approvedBy": approval.by}
    lines = [coloured(f"{name}@{version} is approved by {plain(approval.by)}", "good"), f"sha256:{done.digest}"]
    if done.by in (LOCAL, UNKNOWN_AUTHOR):
        lines.append(f"who published it is not on record ({done.by}): that it is somebody else, nobody can check")
    report(lines, result, as_json=as_json)


@click.command()
@click.argument("address", required=False, metavar="[RULESET[@VERSION]]")
@json_option
def verify(address: str | None, as_json: bool) -> None:
    """Check that published versions are what was published: digests, libraries, records. Of all without a name.

    Ends with 1 when one has changed, is gone, or rests on a library that has.
    """
    from cds.authoring.verifying_versions import verify as verified

    rulesets = settings_or_stop().rulesets
    name, _, version = (address or "").partition("@")
    homes = [home_named(name, rulesets)] if name else sorted(path for path in rulesets.iterdir() if path.is_dir())
    if version and not (homes[0] / split_address(address or "")[1]).is_dir():
        raise CannotStart(f"there is no {plain(address or '')} in {rulesets}")
    told = [verified(home, [version] if version else []) for home in homes]
    found = [each for each, _ in told]
    flat = [each for group in found for each in group]
    problems = [problem for each in flat for problem in each.problems] + [p for _, missing in told for p in missing]
    problems = list(dict.fromkeys(problems))
    if not flat and not problems:
        raise CannotStart(f"there is no published version {f'of {plain(name)} ' if name else ''}in {rulesets}")
    result = {"versions": [_verified_data(each) for each in flat]}
    report(
        _verified_lines(flat, problems), result, as_json=as_json, problems=problems, status=FOUND if problems else OK
    )


def _verified_lines(found: "list[Verified]", problems: list[Problem]) -> Iterator[str]:
    yield from problem_lines(problems)
    rows = [
        (
            f"{each.ruleset}@{each.version}",
            "unchanged" if each.is_whole else "NOT as published",
            each.digest[:12],
            ", ".join(each.libraries),
            each.by or "not recorded",
            each.approved_by,
        )
        for each in found
    ]
    yield from table(("version", "state", "digest", "libraries", "published by", "approved by"), rows)
    whole = sum(each.is_whole for each in found)
    yield coloured(f"{whole} of {counted(len(found), 'version')} as published", "error" if problems else "good")


def _verified_data(each: "Verified") -> dict[str, object]:
    told: dict[str, object] = {"ruleset": each.ruleset, "version": each.version, "unchanged": each.is_whole}
    told |= {"digest": each.digest or None, "libraries": list(each.libraries)}
    return told | {"by": each.by or None, "approvedBy": None if each.approved_by == "none" else each.approved_by}

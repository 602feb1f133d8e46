"""``cds diff``: what two versions of a ruleset mean differently, and to which patients."""

import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cds.commands.environment import CannotStart, moment_or_stop, settings_or_stop
from cds.commands.output import FOUND, OK, UNUSABLE, coloured, counted, json_option, plain, report, table, waiting
from cds.commands.versions import home_named, version_named
from cds.settings import Settings

if TYPE_CHECKING:
    from cds.authoring.case_judging import Suite
    from cds.authoring.comparing import Change
    from cds.authoring.versions import Version
    from cds.authoring.witnesses import Witness
    from cds.replay.versions import Compared

#: Of what is no request, how many places are shown; JSON has all.
_LOST_SHOWN = 5


@click.command()
@click.argument("old")
@click.argument("new", required=False)
@click.option("--search", type=click.IntRange(0), default=20, help="Seconds to look for patients, 0 for none [20].")
@click.option(
    "--corpus", multiple=True, type=click.Path(exists=True, path_type=Path), help="Requests to put to both versions."
)
@click.option("--exit-code", is_flag=True, help="End with 1 when something differs.")
@json_option
def diff(  # noqa: PLR0917 - click names them
    old: str, new: str | None, search: int, corpus: tuple[Path, ...], exit_code: bool, as_json: bool
) -> None:
    """Compare by meaning: OLD and NEW are NAME@VERSION, NAME@draft, or version folders.

    With OLD alone, a NAME: its newest published version against its draft. Says what changed, of which class that is,
    the least number that may follow, and for each change a patient that shows it, where one is found.
    """
    from cds.authoring.comparing import changes, least_next, level_of

    settings = settings_or_stop()
    before, after = _versions(old, new, settings)
    found = changes(before, after)
    level = level_of(found)
    least = least_next(before.ruleset.version, level) if level else None
    witnesses = _witnesses(before, after, found, settings, search) if found and search else {}
    told = _corpus(before, after, corpus, settings)
    names = _called(before, after)
    result = {
        "old": names[0], "new": names[1], "level": level, "least": least,
        "changes": _change_data(found, witnesses),
        "corpus": _corpus_data(told),
    }  # fmt: skip
    lines = [
        *_lines(found, witnesses, names, searched=bool(search) and not after.is_library),
        *_corpus_lines(told, names),
        *_summary(names, level, least),
    ]
    differs = bool(found or (told and told.differing))
    report(lines, result, as_json=as_json, status=_status(told, differs=differs and exit_code))


def _status(told: "Compared | None", *, differs: bool) -> int:
    """Ends as unusable where a part of the corpus is no request, or none of it could be asked: it was not compared."""
    if told is not None and (told.unreadable or not told.asked):
        return UNUSABLE
    return FOUND if differs else OK


def _versions(old: str, new: str | None, settings: Settings) -> "tuple[Version, Version]":
    from cds.authoring.versions import published_versions

    if new is not None:
        return version_named(old, settings.rulesets), version_named(new, settings.rulesets)
    home = home_named(old, settings.rulesets)
    here = published_versions(home)
    if not here:
        raise CannotStart(f"{plain(old)} has no published version yet: there is nothing to compare its draft with")
    return version_named(f"{old}@{here[-1]}", settings.rulesets), version_named(f"{old}@draft", settings.rulesets)


def _called(before: "Version", after: "Version") -> tuple[str, str]:
    """As they are asked for; by their numbers where both are drafts, by their folders where nothing else tells them."""
    names = [
        f"{each.ruleset.name}@{'draft' if each.ruleset.status == 'draft' else each.ruleset.version}"
        for each in (before, after)
    ]
    if names[0] == names[1]:
        names = [each.ruleset.address for each in (before, after)]
    return (names[0], names[1]) if names[0] != names[1] else (str(before.folder), str(after.folder))


def _witnesses(
    before: "Version", after: "Version", found: "Sequence[Change]", settings: Settings, seconds: int
) -> "dict[int, Witness]":
    from cds.authoring.witnesses import find_witnesses

    if before.is_library or after.is_library:
        return {}
    suites = [_suite(each.folder, settings) for each in (before, after)]
    until = time.monotonic() + seconds
    with waiting(f"looking for patients who show the changes, {seconds} s at most"):
        return find_witnesses(suites[0], suites[1], found, lambda: time.monotonic() > until)


def _suite(folder: Path, settings: Settings) -> "Suite":
    from cds.authoring.case_judging import load_suite
    from cds.rules.engine.reference import make_reference

    suite, problems = load_suite(folder, make_reference, settings.timezone)
    if suite is None:
        raise CannotStart(f"the cases of {folder} cannot be used:\n" + "\n".join(map(str, problems)))
    return suite


def _corpus(before: "Version", after: "Version", corpus: Sequence[Path], settings: Settings) -> "Compared | None":
    if not corpus:
        return None
    from cds.replay.reading import read_cases
    from cds.replay.versions import compare

    if before.is_library or after.is_library:
        raise CannotStart("--corpus: a library answers no request")
    judges = [_suite(each.folder, settings).judge for each in (before, after)]
    return compare(read_cases(corpus), judges[0], judges[1], moment_or_stop(None, settings))


def _change_data(found: "Sequence[Change]", witnesses: "Mapping[int, Witness]") -> list[dict[str, object]]:
    from cds.authoring.comparing_report import change_data, witness_data

    return [
        change_data(change) | {"witness": witness_data(witnesses[number]) if number in witnesses else None}
        for number, change in enumerate(found)
    ]


def _lines(
    found: "Sequence[Change]", witnesses: "Mapping[int, Witness]", names: tuple[str, str], *, searched: bool
) -> Iterator[str]:
    from cds.authoring.comparing_report import change_rows, witness_lines
    from cds.authoring.witnesses import can_show

    if not found:
        return
    yield from table(("class", "change", "of", "from -> to"), change_rows(found))
    if witnesses:
        yield ""
        yield from map(plain, witness_lines(found, witnesses, *names))
    left = [
        f"{each.kind} {each.name}" for number, each in enumerate(found) if can_show(each) and number not in witnesses
    ]
    if left and searched:
        yield ""
        yield plain(f"no patient was found who shows: {', '.join(left)}. That proves nothing: look at the cases")


def _corpus_lines(told: "Compared | None", names: tuple[str, str]) -> Iterator[str]:
    if told is None:
        return
    yield ""
    for each in told.differing:
        parts = ((names[0], each.only_old), (names[1], each.only_new))
        yield plain(f"{each.id}: " + "; ".join(f"fires in {name} only: {', '.join(ids)}" for name, ids in parts if ids))
    left = f"; {told.left} could not be asked (another hook, or refused as a request)" if told.left else ""
    yield f"{len(told.differing)} of {counted(told.asked, 'request')} of the corpus answered otherwise{left}"
    for lost in told.unreadable[:_LOST_SHOWN]:
        yield coloured(plain(f"not compared: {lost.place}: {lost.reason}"), "error")
    if len(told.unreadable) > _LOST_SHOWN:
        yield coloured(f"and {len(told.unreadable) - _LOST_SHOWN:,} more, in --json", "error")
    if not (told.asked or told.left or told.unreadable):
        yield coloured("there is no request in the corpus", "error")


def _corpus_data(told: "Compared | None") -> dict[str, object] | None:
    if told is None:
        return None
    differing = [{"id": each.id, "onlyBefore": each.only_old, "onlyAfter": each.only_new} for each in told.differing]
    lost = [{"place": each.place, "reason": each.reason} for each in told.unreadable]
    return {"asked": told.asked, "left": told.left, "differing": differing, "unreadable": lost}


def _summary(names: tuple[str, str], level: str | None, least: str | None) -> Iterator[str]:
    yield ""
    if level is None:
        yield coloured(f"{names[0]} and {names[1]} mean the same", "good")
    else:
        yield f"a {level} change: the least version after {names[0]} is {least}"

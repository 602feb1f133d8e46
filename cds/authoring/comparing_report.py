"""Changes of a version, and patients that show them, as plain data and as lines."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from cds.authoring.case_writing import case_text
from cds.authoring.cases import Fired
from cds.authoring.comparing import Change
from cds.authoring.witnesses import Witness


def change_data(change: Change) -> dict[str, object]:
    """One change as JSON data."""
    told: dict[str, object] = {"kind": change.kind, "name": change.name, "what": change.what, "level": change.level}
    return told | {"details": list(change.details)}


def change_rows(found: Iterable[Change]) -> Iterator[tuple[str, str, str, str]]:
    """Class, what, which, and one row for each detail."""
    for change in found:
        first, *others = change.details or ("",)
        yield change.level, f"{change.kind} {change.what}", change.name, first
        yield from (("", "", "", other) for other in others)


def witness_data(witness: Witness) -> dict[str, object]:
    """A patient, and the case to paste into the new version's cases."""
    told: dict[str, object] = {"like": witness.made_from.name, "what": witness.what, "hook": witness.run.hook}
    told |= {"before": _named(witness.old), "after": _named(witness.new)}
    return told | {"case": case_text(witness.run, name_of(witness), witness.new)}


def name_of(witness: Witness) -> str:
    """A name for the case: the one it is like, and what is told otherwise."""
    return f"{witness.made_from.name}, {witness.what}" if witness.what else witness.made_from.name


def witness_lines(changes: Sequence[Change], witnesses: Mapping[int, Witness], old: str, new: str) -> Iterator[str]:
    """For each change a patient, each patient once. old, new: how the versions are called."""
    shown: dict[int, list[str]] = {}
    by_id = {id(witness): witness for witness in witnesses.values()}
    for number, witness in witnesses.items():
        change = changes[number]
        shown.setdefault(id(witness), []).append(f"{change.kind} {change.name}")
    for key, names in shown.items():
        yield from _of_one(by_id[key], ", ".join(names), old, new)


def _of_one(witness: Witness, shows: str, old: str, new: str) -> Iterator[str]:
    yield f"{shows}: {_parts(witness, old, new)}"
    if witness.what:
        yield f"  like case '{witness.made_from.name}', {witness.what}; to paste into the cases of {new}:"
        yield from (f"    {line}" for line in case_text(witness.run, name_of(witness), witness.new).splitlines())
    else:
        yield f"  case '{witness.made_from.name}' ({witness.run.location.file}:{witness.run.location.line})"


def _parts(witness: Witness, old: str, new: str) -> str:
    parts = [
        f"fires in {version} only: {', '.join(_named(fired))}"
        for version, fired in ((old, witness.only_old), (new, witness.only_new))
        if fired
    ]
    return "; ".join(parts) or "the same rules fire, and the card reads otherwise"


def _named(fired: Iterable[Fired]) -> list[str]:
    return [each.rule + (f" ({', '.join(each.subject)})" if each.subject else "") for each in fired]

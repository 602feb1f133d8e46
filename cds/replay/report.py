"""A tally in words, for a terminal: what agreed, what did not and why, and every change the adapter made. Pure.

The JSON for programs is ``tally.as_json``. Case ids and our own words only; nothing of a patient's record.
"""

from collections.abc import Iterator, Mapping

from cds.replay.known import Known
from cds.replay.tally import Tally, TopicTally

_HEADINGS = (
    *("topic", "cases", "agree", "differ", "undecided", "errors", "tp", "fp", "tn", "fn"),
    *("indicators", "values", "recommendations"),
)


def lines(tally: Tally, known: Mapping[str, Known]) -> Iterator[str]:
    """The report, line by line."""
    yield from _table(tally)
    yield from _section("disagreements", [f"{o.id}: {o.why}{_explained(o.id, known)}" for o in tally.differing])
    yield from _section("errors", [f"{o.id}: {o.why}" for o in tally.failing])
    yield from _section("undecided", [f"{n} {why}" for why, n in sorted(tally.undecided_why.items())])
    changes = [
        f"{name}: {n} cases, {tally.changed_times[name]} times" for name, n in sorted(tally.changed_cases.items())
    ]
    yield from _section("changed by the adapter (labels never)", changes)


def _explained(name: str, known: Mapping[str, Known]) -> str:
    entry = known.get(name)
    return "" if entry is None else f" [known, {entry.whose}: {entry.why} ({entry.where})]"


def _table(tally: Tally) -> Iterator[str]:
    rows = [_row(name or "(no topic)", topic) for name, topic in tally.topics.items()]
    rows.append(_row("all", tally.total))
    widths = [max(len(row[column]) for row in (_HEADINGS, *rows)) for column in range(len(_HEADINGS))]
    for row in (_HEADINGS, *rows):
        cells = [row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))]
        yield "  ".join(cells)


def _row(name: str, topic: TopicTally) -> tuple[str, ...]:
    counts = (topic.cases, topic.agree, topic.disagree, topic.undecided, topic.errors)
    fire = (topic.tp, topic.fp, topic.tn, topic.fn)
    return (
        name,
        *map(str, counts + fire),
        _share(topic.indicator_agree, topic.indicator_disagree),
        _share(topic.value_agree, topic.value_disagree),
        _share(topic.recommendation_agree, topic.recommendation_disagree),
    )


def _share(agree: int, disagree: int) -> str:
    return f"{agree}/{agree + disagree}" if agree + disagree else "-"


def _section(title: str, entries: list[str]) -> Iterator[str]:
    if entries:
        yield ""
        yield f"{title}: {len(entries)}"
        yield from (f"  {entry}" for entry in entries)

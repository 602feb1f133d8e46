"""The replay itself: each case adapted, asked at its own moment, judged, counted.

``ask`` hides whether the service is in this process or behind HTTP; the adapter and the verdicts are the same for
both. A case that makes the service fail is an error with its id; it never ends the replay, and never vanishes.
"""

import traceback
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from cds.facts.dates import Moment
from cds.replay.answer import Ask
from cds.replay.case import Case, Json, NotApplicable
from cds.replay.corpus import adapt, as_it_is
from cds.replay.moments import moment_of
from cds.replay.reading import Unreadable
from cds.replay.tally import Tally, tally_of
from cds.replay.topics import Topics
from cds.replay.verdict import Outcome, failed, judge, not_asked


@dataclass(frozen=True, slots=True)
class Setting:
    """What a replay asks and by what it judges.

    services: the entries of discovery. otherwise: the moment for cases that name none; its zone counts for all.
    unchanged: send requests as they are (then a 4xx may be right) instead of through the adapter.
    """

    services: Sequence[Json]
    ask: Ask
    topics: Topics
    otherwise: Moment
    unchanged: bool = False


def replay(cases: Iterable[Case | Unreadable], setting: Setting) -> Tally:
    """The count over all cases."""
    return tally_of(outcomes(cases, setting))


def outcomes(cases: Iterable[Case | Unreadable], setting: Setting) -> Iterator[Outcome]:
    """The verdict on each case, in order; a line that is no case is an error under its place."""
    for case in cases:
        if isinstance(case, Unreadable):
            yield Outcome(case.place, "", "error", case.reason)
        else:
            yield outcome_of(case, setting)


def outcome_of(case: Case, setting: Setting) -> Outcome:
    """Adapt, ask, judge."""
    moment = moment_of(case.as_of, setting.otherwise.zone) if case.as_of else setting.otherwise
    if moment is None:
        return failed(case, "its date cannot be read")
    topic = setting.topics.get(case.topic)
    wanted = topic.service if topic else ""
    adapted = as_it_is(case, setting.services) if setting.unchanged else adapt(case, setting.services, wanted)
    if isinstance(adapted, NotApplicable):
        return not_asked(case, adapted.reason, setting.topics)
    try:
        answer = setting.ask(adapted.service_id, adapted.request, moment)
    except Exception as fault:  # noqa: BLE001 - whatever it is, it is this case's error, and the next must be asked
        return replace(failed(case, f"no answer: {_named(fault)}"), changes=adapted.changes)
    return replace(judge(case, answer, setting.topics, refusable=setting.unchanged), changes=adapted.changes)


def _named(fault: Exception) -> str:
    """The kind of a fault and the line of code it came from; never its message, which may carry patient data."""
    frames = [f for f in traceback.extract_tb(fault.__traceback__) if "cds" in Path(f.filename).parts]
    place = f" at {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    return type(fault).__name__ + place

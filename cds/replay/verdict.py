"""One case and what came back to one verdict: agree, disagree, undecided, or error. Pure.

The label decides, as ``cases/README.md`` says per type: whether the topic fires; for ``indicators`` also the highest
indicator; for ``value`` also the number, where a finding carries one; for ``results`` also what is recommended, where
the topic map names rules that recommend the same. ``fire: null`` and topics that no ruleset
answers for are undecided, never agreement. A 412 is not silence: nothing was judged.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from cds.hooks.response_check import check_response
from cds.replay.answer import DECISION, INDICATORS, Answer, findings
from cds.replay.case import Case, Json
from cds.replay.topics import Topic, Topics

Standing = Literal["agree", "disagree", "undecided", "error"]

#: How far a total may be from the label, in its unit (cases/README.md, "value").
TOLERANCE = 0.5
#: The finding value that a label of type ``value`` is about: morphine milligram equivalents a day.
MME = "mme-per-day"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one case came to.

    expected, got: what was compared (``fire``, ``maxIndicator``, ``totalMME``, ``recommendation``, or ``status``).
    counted: the cell of the fire table (``tp fp tn fn``), ``""`` if none. indicator, value, recommendation: whether
    these agreed, None where not compared.
    changes: what the adapter changed, by name.
    """

    id: str
    topic: str
    standing: Standing
    why: str = ""
    expected: Json = field(default_factory=dict)
    got: Json = field(default_factory=dict)
    counted: str = ""
    indicator: bool | None = None
    value: bool | None = None
    recommendation: bool | None = None
    changes: Mapping[str, int] = field(default_factory=dict)


def not_asked(case: Case, reason: str, topics: Topics) -> Outcome:
    """The verdict on a case that could not be put: a label that we claim to answer, and did not, is a disagreement."""
    claimed = isinstance(case.expect.get("fire"), bool) and case.topic in topics
    standing: Standing = "disagree" if claimed else "undecided"
    return Outcome(case.id, case.topic, standing, f"not asked: {reason}", _expected(case), {"asked": False})


def failed(case: Case, why: str) -> Outcome:
    """The verdict when no usable answer came."""
    return Outcome(case.id, case.topic, "error", why, _expected(case))


def judge(case: Case, answer: Answer, topics: Topics, *, refusable: bool = False) -> Outcome:
    """The verdict on an answer. ``refusable``: the request went out as it was, so that a 4xx may be right."""
    if answer.status != 200:
        return _refused(case, answer.status, refusable, topics)
    faults = check_response(answer.body)
    if faults or answer.body is None:
        return failed(case, "invalid answer: " + "; ".join(faults[:3]))
    topic, expected = topics.get(case.topic), _expected(case)
    if not isinstance(case.expect.get("fire"), bool):
        return Outcome(case.id, case.topic, "undecided", "the case has no outcome", expected)
    if topic is None:
        return Outcome(case.id, case.topic, "undecided", "no ruleset answers for this topic", expected)
    return _compared(case, answer.body, topic, expected)


def _refused(case: Case, status: int, refusable: bool, topics: Topics) -> Outcome:
    expected, got = _expected(case), {"status": status}
    if status != 412 and not (refusable and 400 <= status < 500):
        return Outcome(case.id, case.topic, "error", f"status {status}", expected, got)
    fire = case.expect.get("fire")
    if not isinstance(fire, bool) or case.topic not in topics:
        return Outcome(case.id, case.topic, "undecided", f"status {status}", expected, got)
    why = f"nothing was judged: status {status}"
    return Outcome(case.id, case.topic, "disagree", why, expected, got, counted="fn" if fire else "")


def _compared(case: Case, body: Json, topic: Topic, expected: Json) -> Outcome:
    shown = [(card, f) for card, f in findings(body) if topic.answers(f.get("ruleset"), f.get("rule"))]
    got = _got(shown)
    differing = []
    if got["fire"] != expected["fire"]:
        differing.append("fired" if got["fire"] else "silent" + _unknowns(body, topic))
    indicator = value = recommendation = None
    if "maxIndicator" in expected and got["fire"]:
        indicator = got["maxIndicator"] == expected["maxIndicator"]
        if not indicator and case.expect.get("type") == "indicators":
            differing.append(f"indicator {got['maxIndicator']} instead of {expected['maxIndicator']}")
    if "totalMME" in expected and "totalMME" in got:
        value = any(abs(total - expected["totalMME"]) <= TOLERANCE for total in got["totalMME"])
        if not value:
            differing.append("another total")
    words = _recommended(case)
    if words in topic.recommendations and got["fire"] and expected["fire"]:
        expected = {**expected, "recommendation": words}
        recommendation = not topic.recommendations[words].isdisjoint(got["rules"])
        if not recommendation:
            differing.append(f"{', '.join(got['rules'])} instead of {words}")
    standing: Standing = "disagree" if differing else "agree"
    counted = _cell(expected["fire"], got["fire"])
    return Outcome(
        case.id, case.topic, standing, "; ".join(differing), expected, got, counted, indicator, value, recommendation
    )


def _recommended(case: Case) -> str:
    """What the label recommends, in its own few words; ``""`` if it names nothing."""
    results = case.expect.get("results")
    named = results.get("Recommendation") if isinstance(results, dict) else None
    words = named.get("short") if isinstance(named, dict) else None
    return words if isinstance(words, str) else ""


def _cell(expected: bool, got: bool) -> str:
    if expected:
        return "tp" if got else "fn"
    return "fp" if got else "tn"


def _expected(case: Case) -> dict[str, Any]:
    label: dict[str, Any] = {"fire": case.expect.get("fire")}
    if isinstance(case.expect.get("maxIndicator"), str):
        label["maxIndicator"] = case.expect["maxIndicator"]
    elif case.expect.get("type") == "cards" and case.expect.get("cards"):
        label["maxIndicator"] = highest(card.get("indicator") for card in case.expect["cards"])
    if isinstance(case.expect.get("totalMME"), (int, float)):
        label["totalMME"] = case.expect["totalMME"]
    return label


def _got(shown: list[tuple[Json, Json]]) -> dict[str, Any]:
    got: dict[str, Any] = {"fire": bool(shown)}
    if shown:
        got["maxIndicator"] = highest(card["indicator"] for card, _ in shown)
        got["rules"] = sorted({str(finding.get("rule")) for _, finding in shown})
    totals = sorted({total for _, finding in shown for total in _totals(finding)})
    return {**got, "totalMME": totals} if totals else got


def _totals(finding: Json) -> Iterator[float]:
    values = finding.get("values")
    entry = values.get(MME) if isinstance(values, dict) else None
    number = entry.get("value") if isinstance(entry, dict) else None
    if isinstance(number, (int, float)) and not isinstance(number, bool):
        yield float(number)


def highest(indicators: Any) -> str:
    """The most urgent of some indicators; ``""`` if there is none that CDS Hooks knows."""
    known = [indicator for indicator in indicators if indicator in INDICATORS]
    return max(known, key=INDICATORS.index, default="")


def _unknowns(body: Json, topic: Topic) -> str:
    """What was unknown to the topic's rules, so that a silent false negative explains itself."""
    extension = body.get("extension")
    decision = extension.get(DECISION) if isinstance(extension, dict) else None
    entries = decision.get("unknown", []) if isinstance(decision, dict) else []
    names = sorted({str(name) for e in entries if _is_of(e, topic) for name in e.get("definitions", [])})
    return f" (unknown: {', '.join(names)})" if names else ""


def _is_of(entry: Json, topic: Topic) -> bool:
    """Whether an unknown is the topic's; its ruleset may be named by address (``name@version``)."""
    return topic.answers(str(entry.get("ruleset")).partition("@")[0], entry.get("rule"))

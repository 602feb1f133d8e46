"""How often each shipped service speaks: docs/alert-burden.md, made over the shared patients.

    python tools/burden.py ../shared/cases/patients > docs/alert-burden.md

Each patient's chart is opened, and where there is an active order the newest is signed, at every service of the hook;
and once more a week later with the same record, without the cards that then still rest (``again-after``).
"""

import sys
import tempfile
from collections import Counter, defaultdict
from datetime import datetime, timedelta
from pathlib import Path

from cds import clock
from cds.cache.judgements import JudgementCache
from cds.cache.null import NullStore
from cds.decisions.desk import Desk
from cds.decisions.resting import still_rests
from cds.facts.dates import Moment
from cds.records.keys import load_keys
from cds.records.recorder import NullRecorder
from cds.replay.answer import INDICATORS, findings
from cds.replay.asking import ask_in_process
from cds.replay.case import Json, NotApplicable
from cds.replay.corpus import adapt
from cds.replay.reading import Unreadable, read_cases
from cds.rules.engine.crosscheck import make_engine
from cds.settings import Settings

DAY = "2026-11-30"
MANY = 0.2
LATER = timedelta(days=7)
#: Rules that more than a fifth of the calls show, and why that is right; one that lacks here ends the tool.
_VACCINE = "due on that day, and next to no vaccine is on record: connect the register before switching it on"
_ONCE = "once in a life for nearly all adults, and no such test is on record"
_OVERDUE = "the last test on record is years older than its interval"
JUSTIFIED = {
    "adult-immunization: covid-to-discuss": f"{_VACCINE}; it rests longest, a site may switch it off",
    "adult-immunization: influenza-due": f"{_VACCINE}; the season has begun",
    "adult-immunization: td-due": _VACCINE,
    "adult-immunization: hepatitis-b-incomplete": _VACCINE,
    "adult-immunization: zoster-first-dose": _VACCINE,
    "adult-immunization: pneumococcal-due": _VACCINE,
    "hiv-screening-risk: never-tested": f"{_ONCE}; a service for review, not for daily work",
    "preventive-screening: hepatitis-c-test-due": _ONCE,
    "preventive-screening: hiv-test-due": _ONCE,
    "preventive-screening: colorectal-due": _OVERDUE,
    "preventive-screening: cervical-test-due": _OVERDUE,
}

HEAD = f"""\
# How often the services speak

Made by `tools/burden.py` over the shared patient bundles (made up, 133 of them test patients of measures), each chart
opened and the newest active order signed on {DAY}; encounter hooks have no call in these bundles. Most records end
years before that day, so what is due is due more often than in a hospital that keeps its records. *A week later* is
the same call seven days on, with nothing new on record, and without the cards that rest (`again-after`). Rests of
7 days, as of the quality measures, are over by then.

| Service | Calls | With a card | Cards per 100 calls | critical | warning | info | A week later |
|---|---|---|---|---|---|---|---|
"""


class Burden:
    """What one service said; later: the cards of the second call."""

    def __init__(self) -> None:
        self.calls = self.speaking = self.later = 0
        self.cards: Counter[str] = Counter()
        self.rules: Counter[str] = Counter()

    def add(self, cards: list[tuple[str, str]]) -> None:
        """The answer to one call: (indicator, rule) of each card."""
        self.calls += 1
        self.speaking += bool(cards)
        self.cards.update(indicator for indicator, _ in cards)
        self.rules.update({rule for _, rule in cards})

    def row(self, service: str) -> str:
        """The line of the table."""
        shares = " | ".join(f"{100 * self.cards[name] / self.calls:.1f}" for name in reversed(INDICATORS))
        share = f"{100 * self.cards.total() / self.calls:.1f}"
        speaking, later = 100 * self.speaking / self.calls, 100 * self.later / self.calls
        return f"| {service} | {self.calls} | {speaking:.0f} % | {share} | {shares} | {later:.1f} |"


def card_of(finding: Json) -> tuple[str, str, str, str]:
    """Which card it is, whenever it is shown."""
    return finding["ruleset"], finding["version"], finding["rule"], finding.get("subject", "")


def measured(folders: list[Path]) -> dict[str, Burden]:
    """By service, over the cases of the folders."""
    moment = Moment(datetime.fromisoformat(f"{DAY}T12:00:00+00:00"), Settings().timezone)
    burdens: dict[str, Burden] = defaultdict(Burden)
    with tempfile.TemporaryDirectory() as state:
        cache = JudgementCache(NullStore(), load_keys(None, Path(state)))
        root = Path(__file__).parents[1]
        desk = Desk.open(root / "rulesets", make_engine("reference", "off"), cache, NullRecorder(clock.now))
        services, ask = desk.discovery(moment), ask_in_process(desk)
        rests = {
            (ruleset.name, ruleset.version, rule.id): rule.again_after
            for versions in desk.library.catalog.versions.values()
            for ruleset in versions
            for rule in ruleset.rules
        }
        week_on = Moment(moment.instant + LATER, moment.zone)
        for case in read_cases(folders):
            if isinstance(case, Unreadable):
                raise SystemExit(f"{case.place}: {case.reason}")
            for service in services:
                adapted = adapt(case, [service])
                if isinstance(adapted, NotApplicable):
                    continue
                answer = ask(adapted.service_id, adapted.request, moment)
                if answer.status == 412:
                    continue
                if answer.body is None:
                    raise SystemExit(f"{case.id}: {answer.status} from {service['id']}")
                told = [(c["indicator"], f"{f['ruleset']}: {f['rule']}") for c, f in findings(answer.body)]
                burdens[service["id"]].add(told)
                shown = {card_of(f) for _, f in findings(answer.body)}
                again = ask(adapted.service_id, adapted.request, week_on)
                if again.body is None:
                    raise SystemExit(f"{case.id}: {again.status} from {service['id']} a week later")
                for card in (card_of(f) for _, f in findings(again.body)):
                    is_resting = card in shown and still_rests(rests[card[:3]], moment.instant, week_on.instant)
                    burdens[service["id"]].later += not is_resting
        desk.close()
    return burdens


def page(burdens: dict[str, Burden]) -> str:
    """The whole page."""
    lines = [burden.row(service) for service, burden in sorted(burdens.items())]
    often = [
        f"| {rule} | {service} | {100 * count / burden.calls:.0f} % | {JUSTIFIED[rule]} |"
        for service, burden in sorted(burdens.items())
        for rule, count in burden.rules.most_common()
        if count > MANY * burden.calls
    ]
    table = "\n## What more than a fifth of the calls show\n\n| Rule | Service | Calls | Why |\n|---|---|---|---|\n"
    return HEAD + "\n".join(lines) + "\n" + table + "\n".join(often)


if __name__ == "__main__":
    print(page(measured([Path(name) for name in sys.argv[1:]])))

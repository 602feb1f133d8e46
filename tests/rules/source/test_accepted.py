# ruff: noqa: E501 -- one mistake a line reads best
"""What the loader accepts can be compiled, asked for, judged and worded: no mistake waits for a patient."""

import re

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cds.cards.finding import word_finding
from cds.hooks.discovery_check import check_discovery
from cds.rules.judge.judge import judge
from cds.rules.prefetch.derive import derive_templates
from cds.rules.ruleset import Ruleset
from tests.patients import condition, draft, medication_request, observation
from tests.rules.judge.telling import moment, plan_of, record_of
from tests.rules.source.written import REASONS, RULESET, read

WORD = re.compile(r"[^\s{}\[\],:\"|]+")
PLACES = [match.span() for match in WORD.finditer(RULESET)]
WORDS = sorted({RULESET[start:end] for start, end in PLACES} | {"any", "all-of", "none-of", "sum", "count", "highest", "newest-of", "absent", "known", "missing", "distinct", "status", "not-in", "that", "different", "day", "code", "where", "recorded"})  # fmt: skip
FACTS = (
    observation(6.1, "mmol/L", loinc="2823-3", on="2026-04-30"),
    observation(31, "/min", loinc="9279-1", on="2026-04-30"),
    medication_request(id="m1", rxnorm="7804", dose=(20, "mg"), per_day=4),
    medication_request(id="m2", rxnorm="4603"),
    condition(snomed="44054006", on="2026-01-01"),
)
DRAFTS = (draft(id="o1", rxnorm="7804", dose=(10, "mg"), per_day=2), draft(id="o2", rxnorm="7052"))


def judge_and_word(ruleset: Ruleset) -> list[str]:
    """The summaries of one patient with everything, and of one of whom nothing was supplied."""
    plan = plan_of(ruleset)
    names = [template.resource_type for template in derive_templates((ruleset,))]
    summaries = []
    for record in (
        record_of(plan, *FACTS, drafts=DRAFTS),
        record_of(plan, drafts=DRAFTS, unsupplied=names, born=None, sex=None),
    ):
        for verdicts in judge(plan, record, moment()):
            for name in ruleset.definitions:
                if name not in verdicts.judging.plan.about_subjects and ruleset.definitions[name].is_truth:
                    verdicts.judging.truth(name)
            fired = [verdict for verdict in verdicts.rules if verdict.outcome == "fires"]
            summaries += [word_finding(verdicts.judging, verdict, REASONS).card["summary"] for verdict in fired]
    return summaries


def test_the_example_fires_for_a_patient_with_everything():
    ruleset, _ = read(RULESET)
    assert judge_and_word(ruleset) == ["Potassium 6.1 mmol/L (2026-04-30)", "Twice: oxycodone"]


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.filter_too_much])
@given(st.lists(st.tuples(st.integers(0, len(PLACES) - 1), st.sampled_from(WORDS)), min_size=1, max_size=2))
def test_whatever_exchange_of_words_the_loader_accepts_is_judged_without_a_fault(exchanges):
    text = RULESET
    for start, end, word in sorted({(*PLACES[n], word) for n, word in exchanges}, reverse=True):
        text = text[:start] + word + text[end:]
    ruleset, _ = read(text)
    if ruleset is None:
        return
    assert all(len(summary) <= 139 for summary in judge_and_word(ruleset))
    service = {"hook": "order-sign", "title": "T", "description": "D", "id": "s"}
    prefetch = {template.key: template.query for template in derive_templates((ruleset,))}
    assert check_discovery({"services": [{**service, "prefetch": prefetch}]}) == []

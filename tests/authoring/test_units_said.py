"""Units behind placeholders: told where a number shows its own, and nowhere else."""

import pytest

from cds.authoring.units_said import check_units_said
from cds.rules.source.read import read_ruleset
from tests.health.problem_pages import REASONS, RULESET, laid_over

FRAGMENT = """\
parameters:
  look-back:
    says: How far back
    default: 90 days
value-sets:
  inr:
    loinc:
      6301-6: INR
definitions:
  latest-inr:
    says: Most recent INR
    latest: lab
    in: inr
  years:
    says: Age in years
    age: now
  orders:
    says: How many orders
    count: order
    in: warfarin
rules:
  tell:
    for-each: warfarin-ordered
    when: [warfarin-ordered]
    when-unknown: stay-silent
    then:
      card:
        indicator: info
        summary: Warfarin is being ordered
        detail: "TEXT"
        evidence: [label]
"""


def told(text):
    whole = laid_over(RULESET, FRAGMENT.replace("TEXT", text))
    ruleset, problems = read_ruleset(whole.encode(), "ruleset.yaml", {}.get, REASONS)
    assert ruleset is not None, problems
    return [(found.code, found.message.partition(" shows")[0]) for found in check_units_said(ruleset)]


@pytest.mark.parametrize(
    ("text", "placeholder"),
    [
        ("{latest-potassium} mmol/L", "{latest-potassium}"),
        ("{latest-potassium.value} mmol/L.", "{latest-potassium.value}"),
        ("{latest-potassium.at-least}mmol/L, at least", "{latest-potassium.at-least}"),
        ("{latest-creatinine}/{latest-potassium.value} mg/dL", "{latest-potassium.value}"),
        ("{latest-creatinine} %", "{latest-creatinine}"),
        ("above {potassium-limit} mmol/L", "{potassium-limit}"),
        ("within {look-back} days", "{look-back}"),
        ("{latest-potassium.time-since} days ago", "{latest-potassium.time-since}"),
        ("{years} years", "{years}"),
        ("{it.daily-dose} mg/day", "{it.daily-dose}"),
    ],
)
def test_a_unit_behind_a_number_that_shows_it(text, placeholder):
    assert told(text) == [("CDS509", placeholder)]


@pytest.mark.parametrize(
    "text",
    [
        "{latest-potassium}, normal below {potassium-limit}",
        "{latest-potassium} a day later",
        "{latest-potassium.date} mmol/L",
        "{patient.age} years",
        "{orders} mg",
        "{warfarin-ordered.count|order|orders} kg",
        "{warfarin-ordered} 5 mg",
        "{it} mg",
        "{years} a",
        "{latest-potassium} in mmol/L",
        "{look-back}, mg",
        "{latest-inr} is the INR",
    ],
)
def test_what_is_no_unit_or_belongs_to_something_else(text):
    assert told(text) == []

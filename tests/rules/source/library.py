# ruff: noqa: E501 -- the library is dense on purpose
"""A library as an author writes it, and a ruleset that uses it."""

from collections.abc import Mapping

from cds.documents.problem import Problem
from cds.rules.ruleset import Ruleset
from cds.rules.source.libraries import FoundLibrary
from cds.rules.source.read import read_library, read_ruleset
from tests.rules.source.written import REASONS

FILES = {
    "opioids.csv": b"system,code,display,factor,group\nrxnorm,7052,morphine,1,strong\nrxnorm,7804,oxycodone,1.5,strong\n"
}

LIBRARY = """\
format: 1
library: example-common
version: 1.2.0
status: published
title: What rulesets share
publisher: Example Health
approval-date: 2026-01-15
last-review-date: 2026-01-16
parameters:
  result-age: {says: How old a result may be, default: 90 days, allowed: from 30 days to 365 days}
  strict: {says: Whether to be strict, default: no}
  season-start: {says: The day on which a season begins, default: 1 July}
periods:
  season: year from season-start
value-sets:
  potassium: {loinc: {2823-3: potassium}}
  opioids: {file: opioids.csv}
  mmr: {cvx: {"03": MMR}}
  hospice: {snomed: {385763009: hospice care}}
  palliative: {snomed: {103735009: palliative care}, include: [hospice]}
  community: {snomed: {49436004: a set called like a code word}}
schedules:
  one-dose: {says: One dose, season: season, doses: [{vaccines: mmr, age: {minimum: 12 months}}]}
definitions:
  mmr-given: {says: An MMR vaccine was given, any: immunization, in: mmr}
  next-mmr: {says: The next dose, forecast: mmr-given, schedule: one-dose, apart-from: mmr-given}
  mmr-due: {says: It is due since 0 days, value: next-mmr.recommended.time-since, is: at least 0 days}
  latest-k: {says: "Most recent potassium within {result-age}", latest: lab, in: potassium, within: result-age}
  k-high: {says: Potassium above 5.5, label: high potassium, value: latest-k, is: above 5.5 mmol/L}
  k-this-season: {says: A potassium in this season, any: lab, in: potassium, during: season}
  k-after: {says: A potassium after the latest, any: lab, in: potassium, after: latest-k}
  in-hospice: {says: Hospice or palliative care, label: hospice, any: condition, in: palliative}
  opioid-ordered: {says: An opioid is ordered, label: opioid, any: order, in: opioids, where: {category: [community, not recorded]}}
  opioid-in-use: {says: An opioid is in use, label: opioid, any: medication, in: opioids}
  one-factor: {says: The factor of one, for-each: opioid-in-use, value: it.opioids.factor}
  strong-one: {says: A factor above 1, for-each: opioid-in-use, value: one-factor, is: above 1}
  strong: {says: A strong opioid is in use, any: opioid-in-use, that: [strong-one]}
  twice: {says: The same opioid twice, pair: [opioid-ordered, opioid-in-use], same: opioids.group}
  groups: {says: How many groups, count: medication, in: opioids, distinct: opioids.group}
  strictly: {says: The site is strict, parameter: strict}
  adult: {says: At least 18 years old, label: age, age: now, is: at least 18 years}
  points: {says: The points, score: {adult: 1, k-high: 2}}
  chosen: {says: The chosen number, choose: [{adult: latest-k}, {otherwise: latest-k}]}
  either: {says: The better number, first-of: [latest-k, chosen]}
  newer: {says: The newer number, newest-of: [latest-k, either]}
  both: {says: Their sum, sum: [latest-k, newer]}
  bands: {says: Points for potassium, points: latest-k, bands: {at most 5 mmol/L: 0, above 5 mmol/L: 1}}
  egfr: {says: The eGFR, formula: ckd-epi-2021, inputs: {creatinine: latest-k, age: patient.age, sex: patient.sex}}
  share: {says: The share, ratio: [latest-k, newer]}
  first-k: {says: The first potassium, earliest: lab, in: potassium}
  highest-k: {says: The highest potassium, highest: lab, in: potassium, before: now}
  lowest-k: {says: The lowest potassium, lowest: lab, in: potassium, not-in: hospice}
  mean-k: {says: The mean potassium, average: lab, in: potassium}
  risen: {says: Risen by at least 0.5 mmol/L within 48 hours, change: lab, in: potassium, over: 48 hours, is: rise of at least 0.5 mmol/L}
  female: {says: Recorded as female, sex: female}
  all-is-well: {says: "No high potassium, no strong opioid", none-of: [k-high, strong]}
  grown: {says: An adult who is female, all-of: [adult, female]}
  two-of-them: {says: At least 2 of these, at-least: 2, of: [adult, female, k-high]}
  none-used: {says: No opioid in use, absent: opioid-in-use}
  risk: {says: A risk, any-of: [k-high, not adult, strong]}
  no-opioid: {says: No opioid is in use, absent: opioid-in-use}
override-reasons:
  patient-declined: The patient declined, as the library has it
"""

RULESET = """\
format: 1
ruleset: example
version: 1.0.0
status: published
hooks: [order-select, order-sign]
title: Potassium
publisher: Example Health
approval-date: 2026-01-15
last-review-date: 2026-01-16
effective: {from: 2026-02-01}
uses: {common: example-common@1.2.0}
parameters: {}
evidence:
  label: {title: The label, link: https://example.org/label, grade: {scheme: regulatory, strength: label}}
value-sets:
  ward: {snomed: {225358003: own code}, include: [common.palliative]}
definitions:
  on-ward: {says: On the ward, any: condition, in: ward}
  recent-k: {says: "A potassium within {common.result-age}", any: lab, in: common.potassium, within: common.result-age}
  this-season: {says: A potassium since the season began, any: lab, in: common.potassium, from: common.season start}
  old-k: {says: The potassium is more than 30 days old, value: common.latest-k.time-since, is: above 30 days}
  strong-factor: {says: A factor above 1, for-each: common.opioid-in-use, value: it.common.opioids.factor, is: above 1}
  strong-again: {says: A strong opioid, any: common.opioid-in-use, that: [strong-factor]}
  of-one-group: {says: Another opioid of that group, for-each: common.opioid-in-use, any: order, in: common.opioids, same: common.opioids.group}
rules:
  high:
    when: [common.opioid-ordered, common.k-high]
    unless: [common.in-hospice]
    unless-unknown: fire
    when-unknown: stay-silent
    then:
      card:
        indicator: warning
        summary: "{common.latest-k.value} within {common.result-age}"
        detail: "{common.opioid-ordered.count|order|orders}; {common.risk.holding}"
        evidence: [label]
        notes: [{when: [common.strictly], text: "Strict."}, {when: [old-k], text: "Old."}]
      override-reasons: [common.patient-declined, patient-declined]
  rest: {when: [on-ward, recent-k, this-season, strong-again], when-unknown: stay-silent, then: {card: {indicator: info, summary: Rest, evidence: [label]}}}
  group: {for-each: common.opioid-in-use, when: [of-one-group], when-unknown: stay-silent, then: {card: {indicator: info, summary: "{it}", evidence: [label]}}}
"""


def shelf(*texts: str):
    """Libraries by their address, read when they are asked for."""
    written = {tuple(line.split(": ")[1] for line in text.split("\n")[1:3]): text for text in texts}
    open_now: list[tuple[str, str]] = []

    def find(name: str, version: str, site: Mapping[str, str]) -> FoundLibrary | None:
        text = written.get((name, version))
        if text is None:
            return None
        if (name, version) in open_now:
            return FoundLibrary(None, circle=(name, version))
        open_now.append((name, version))
        library, problems = read_library(
            text.encode(), f"rulesets/{name}/{version}/library.yaml", FILES.get, site, find_library=find
        )
        open_now.pop()
        return FoundLibrary(library, tuple(problems))

    return find


def read(
    text: str = RULESET, *libraries: str, site: Mapping[str, str] | None = None
) -> tuple[Ruleset | None, list[Problem]]:
    """The ruleset over its libraries."""
    find = shelf(*(libraries or (LIBRARY,)))
    return read_ruleset(
        text.encode(), "rulesets/example/1.0.0/ruleset.yaml", FILES.get, REASONS, site, find_library=find
    )

# ruff: noqa: E501 -- the ruleset is dense on purpose
"""A ruleset as an author writes it, and mistakes laid into it with the place where each must be reported.

A ``§`` in a text marks the place of a problem; :func:`marked` takes the marks out and says where they stood.
"""

from collections.abc import Mapping

from cds.documents.problem import Problem
from cds.rules.ruleset import Ruleset
from cds.rules.source.read import read_ruleset

FILE = "rulesets/example/draft/ruleset.yaml"
REASONS = {"patient-declined": "The patient declined", "specialist-advice": "A specialist advised this"}
FILES = {
    "opioids.csv": b"system,code,display,factor,unit,for_form\nrxnorm,7052,morphine,1,mg,any\nrxnorm,7804,oxycodone,1.5,mg,any\n",
    "statins.csv": b"system,code,display\nrxnorm,83367,atorvastatin\n",
}

RULESET = """\
format: 1
ruleset: example
version: 1.2.0
status: draft
hooks: [order-select, order-sign]
title: Potassium and opioids
publisher: Example Health
approval-date: 2026-01-15
last-review-date: 2026-01-16
effective: {from: 2026-02-01, until: 2028-02-01}
parameters:
  result-age: {says: How old a result may be, default: 90 days, allowed: from 30 days to 365 days}
  limit: {says: The limit, default: 5.5 mmol/L, allowed: [5.0 mmol/L, 5.5 mmol/L]}
  strict: {says: Whether to be strict, default: yes}
evidence:
  label: {title: The label, link: https://example.org/label, grade: {scheme: regulatory, strength: label}}
value-sets:
  potassium: {loinc: {2823-3: potassium}, molar-mass: 39.098 g/mol, molar-mass-source: IUPAC, valence: 1}
  respiratory-rate: {loinc: {9279-1: respiratory rate}}
  opioids: {file: opioids.csv}
  diuretics: {rxnorm: {4603: furosemide, 9997: spironolactone}}
  hospice: {snomed: {385763009: hospice care}}
definitions:
  latest-k: {says: "Most recent potassium within {result-age}", latest: lab, in: potassium, within: result-age}
  k-high: {says: "Potassium above {limit}", value: latest-k, is: above limit}
  haemolysed: {says: Marked haemolysed, value: latest-k.interpretation, in: [HM], if-absent: fails}
  rate: {says: Respiratory rate, latest: vital, in: respiratory-rate, rounded-to: 1 /min}
  rate-points: {says: Points for the rate, points: rate, bands: {at most 8 /min: 3, above 8 /min: 0}}
  opioid: {says: An opioid is ordered, label: opioid, any: order, in: opioids, where: {category: [community, not recorded]}}
  opioid-in-use: {says: An opioid is in use, label: opioid, any: [medication, draft], in: opioids}
  mme-of-one: {says: Morphine equivalents of one, for-each: opioid-in-use, formula: morphine-equivalent, inputs: {daily-dose: it.daily-dose, factor: it.opioids.factor, dose-unit: it.opioids.unit, form: it.form, for-form: it.opioids.for_form}}
  mme: {says: Morphine equivalents a day, sum: mme-of-one}
  mme-high: {says: At least 50 mg a day, label: high dose, value: mme, is: at least 50 mg/d}
  twice: {says: The same opioid twice, pair: [opioid, opioid-in-use], same: ingredient}
  diuretic: {says: A diuretic is in use, label: diuretic, any: medication, in: diuretics}
  hospice-care: {says: Hospice care, any: condition, in: hospice}
  adult: {says: At least 18 years old, label: age, age: now, is: at least 18 years}
  female: {says: Female, label: sex, sex: female}
  strictly: {says: The site is strict, parameter: strict}
  total: {says: The score, score: {adult: 1, female: 2, rate-points: add}}
  better: {says: The better number, first-of: [latest-k, rate]}
  chosen: {says: The chosen number, choose: [{female: latest-k}, {otherwise: better}]}
  risk: {says: A risk, label: risk, any-of: [mme-high, diuretic, not adult]}
  two: {says: Two of three, at-least: 2, of: [mme-high, diuretic, adult]}
  no-diuretic: {says: No diuretic on record, absent: diuretic}
applies: {when: [adult], unless: [hospice-care], unless-unknown: fire, when-unknown: stay-silent}
rules:
  too-high:
    family: potassium
    when: [opioid, k-high]
    unless: [haemolysed]
    unless-unknown: fire
    then:
      card:
        indicator: critical
        summary: "Potassium {latest-k}"
        detail: "Above {limit}, with {opioid.count|order|orders}."
        notes:
          - {when: [diuretic], text: "In use: {diuretic}."}
        evidence: [label]
      suggestions:
        - {label: Remove the order, recommended: yes, remove: opioid}
      override-reasons: [patient-declined]
  not-known:
    family: potassium
    when: [opioid, unknown k-high]
    then: {card: {indicator: info, summary: "Potassium not known", evidence: [label]}}
  double:
    for-each: twice
    when: [twice]
    then: {card: {indicator: warning, summary: "Twice: {it}", evidence: [label]}, suggestions: [{label: Remove it, remove: it.first}]}
"""


def read(
    text: str | bytes, files: Mapping[str, bytes] = FILES, site: Mapping[str, str] | None = None
) -> tuple[Ruleset | None, list[Problem]]:
    """The real reader; ``files`` stand in value-sets/ beside the ruleset."""
    content = text.encode() if isinstance(text, str) else text
    return read_ruleset(content, FILE, files.get, REASONS, site)


def changed(old: str, new: str, text: str = RULESET) -> str:
    """The ruleset with one passage replaced, which must stand in it exactly once."""
    assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in the ruleset"
    return text.replace(old, new)


def marked(text: str, file: str = FILE) -> tuple[str, list[str]]:
    """The text without its marks, and where they stood as ``file:line:column``."""
    places: list[str] = []
    for number, line in enumerate(text.split("\n"), 1):
        pieces = line.split("§")
        places += [f"{file}:{number}:{len(''.join(pieces[:index])) + 1}" for index in range(1, len(pieces))]
    return text.replace("§", ""), places


def assert_told(code: str, old: str, new: str, gist: str, hint: str) -> None:
    """The mistake gives its code at each mark, nothing else, and no ruleset; the first message says what and what to do."""
    text, places = marked(changed(old, new))
    ruleset, problems = read(text)
    assert [(problem.code, str(problem.location)) for problem in problems] == [(code, place) for place in places]
    assert gist in problems[0].message
    assert hint in problems[0].hint
    assert ruleset is None

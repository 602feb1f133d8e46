# ruff: noqa: E501 -- word for word as printed
"""The fragments of the language reference (section 12), word for word, over the definitions that they name."""

from tests.rules.source.written import RULESET, changed, read

FRAGMENTS = """\
  latest-rr: {says: Most recent respiratory rate within 12 hours, latest: vital, in: respiratory-rate, within: 12 hours, rounded-to: 1 /min}
  rr-points: {says: NEWS2 points for respiratory rate, points: latest-rr, bands: {at most 8 /min: 3, from 9 to 11 /min: 1, from 12 to 20 /min: 0, from 21 to 24 /min: 2, at least 25 /min: 3}}
  spo2-points: {says: NEWS2 points for saturation, choose: [{scale-2-on-oxygen: scale-2-oxygen-points}, {scale-2-prescribed: scale-2-air-points}, {otherwise: scale-1-points}]}
  not-alert: {says: Newly confused or less than alert, value: latest-acvpu, in: not-alert-answers}          # unknown when not recorded
  severe: {says: Criticality is high or unrecorded, for-each: allergy-record, value: it.criticality, in: [high], if-absent: holds}
  severe-allergy-to-it: {says: A severe allergy to the ordered drug is on record, for-each: drug, any: allergy-record, same: ingredient, that: [severe]}
  haemolysed: {says: The newest potassium is marked haemolysed, value: latest-k.interpretation, in: haemolysis-codes, if-absent: fails}
  second-dose-due: {says: At least 60 days since the last zoster dose, value: last-zoster.time-since, is: at least 60 days}
  mammogram: {says: A mammogram from 27 months before the measurement year to its end, any: [lab, procedure], in: mammography, from: 27 months before measurement start, until: measurement end}
"""
AROUND = """\
  scale-2-on-oxygen: {says: Scale 2 on oxygen, any: procedure, in: mammography}
  scale-2-prescribed: {says: Scale 2 is prescribed, any: procedure, in: mammography, status: any}
  scale-2-oxygen-points: {says: Points on oxygen, points: latest-rr, bands: {at most 8 /min: 3, above 8 /min: 0}}
  scale-2-air-points: {says: Points on air, points: latest-rr, bands: {at most 8 /min: 2, above 8 /min: 0}}
  scale-1-points: {says: Points by scale 1, points: latest-rr, bands: {at most 8 /min: 1, above 8 /min: 0}}
  latest-acvpu: {says: Most recent level of consciousness, latest: observation, in: acvpu}
  allergy-record: {says: An allergy is on record, any: allergy}
  drug: {says: A drug is being ordered, any: order}
  last-zoster: {says: The last zoster dose, latest: immunization, in: zoster}
"""
SETS = """\
  acvpu: {loinc: {80288-4: level of consciousness}}
  not-alert-answers: {snomed: {130987000: acute confusion}}
  haemolysis-codes: {snomed: {281279002: haemolysed specimen}}
  zoster: {cvx: {187: zoster recombinant}}
  mammography: {snomed: {71651007: mammography}}
"""


def test_the_printed_fragments_load():
    old = "  haemolysed: {says: Marked haemolysed, value: latest-k.interpretation, in: [HM], if-absent: fails}\n"
    text = changed(old, FRAGMENTS + AROUND, RULESET)
    text = changed("definitions:\n", f"{SETS}definitions:\n", text)
    text = changed("value-sets:\n", "periods: {measurement: calendar year}\nvalue-sets:\n", text)
    ruleset, problems = read(text)
    assert [str(problem) for problem in problems] == []
    assert ruleset is not None

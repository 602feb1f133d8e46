# ruff: noqa: E501 -- one mistake a line reads best
"""Every name is used as what it yields: what passed here unseen would be silence or a fault in front of a patient."""

import pytest

from tests.rules.source.written import RULESET, assert_told, changed, read

FEMALE = "  female: {says: Female, label: sex, sex: female}"


def added(definition: str) -> str:
    """One more definition behind the last of the example's."""
    return f"{FEMALE}\n  {definition}"


MISTAKES = [
    # a number where a truth is needed, and the reverse
    ("CDS410", "x: {says: X, any-of: [§mme, diuretic]}", '"mme" is a number, not a truth', "give it `is:`"),
    ("CDS410", "dead: {says: X, value: patient.deceased}\n  x: {says: X, any-of: [§dead, diuretic]}", '"dead"', "`in:`"),
    ("CDS410", "x: {says: X, all-of: [adult, §not mme]}", '"mme" is a number, not a truth', "known, unknown or missing"),
    ("CDS410", "§x: {says: X, sum: [mme, diuretic]}", '"diuretic" is not a number', ""),
    ("CDS410", "§x: {says: X, first-of: [risk, mme]}", '"risk" is not a number', ""),
    ("CDS410", "§x: {says: X, newest-of: [latest-k, female]}", '"female" is not a number', ""),
    ("CDS410", "§x: {says: X, score: {mme: 2}}", '"mme" is a number, not a truth', "give it `is:`"),
    ("CDS410", "§x: {says: X, score: {diuretic: add}}", '"diuretic" is not a number', ""),
    ("CDS410", "§x: {says: X, choose: [{mme: rate}, {otherwise: rate}]}", '"mme" is a number', ""),
    ("CDS410", "§x: {says: X, choose: [{adult: diuretic}, {otherwise: rate}]}", '"diuretic" is not a number', ""),
    ("CDS410", "§x: {says: X, value: risk, is: above 3}", '"risk" is not a number', ""),
    ("CDS410", "§x: {says: X, value: diuretic.route, in: [26643006]}", '"diuretic" is not a number', ""),
    ("CDS410", "§x: {says: X, any: medication, in: diuretics, that: [mme]}", '"mme" is a number', ""),
    ("CDS205", "§x: {says: X, any: medication, in: diuretics, that: [not mme]}", '"not mme"', "none-of: [mme]"),
    # facts
    ("CDS411", "§x: {says: X, any: latest-k}", '"latest-k" is no source of facts', "write `value`"),
    ("CDS411", "§x: {says: X, latest: [lab, risk], in: potassium}", '"risk" is no source of facts', ""),
    ("CDS411", "§x: {says: X, count: mme}", '"mme" is no source of facts', ""),
    ("CDS411", "§x: {says: X, pair: [opioid, latest-k], same: ingredient}", '"latest-k" is no source', ""),
    ("CDS411", "§x: {says: X, pair: [opioid, twice], same: ingredient}", '"twice" is no source of facts', ""),
    ("CDS413", "§x: {says: X, for-each: latest-k, value: it.value}", '"latest-k" is none', ""),
    ("CDS414", "x: {says: X, any-of: [§missing diuretic, adult]}", '"missing" asks for a number', "unknown diuretic"),
    ("CDS414", "x: {says: X, any-of: [§absent risk, adult]}", '"absent" asks for facts or a number', "not risk"),
    ("CDS414", "§x: {says: X, absent: risk}", '"risk" is neither', "not risk"),
    # attributes
    ("CDS206", "x: {says: X, any: condition, in: hospice, where: {§sevrity: [mild]}}", 'no "sevrity"', '"severity"?'),
    ("CDS206", "x: {says: X, any: [lab, order], where: {§interpretation: [H]}}", '"order" has no "interp', ""),
    ("CDS206", "x: {says: X, any: opioid, where: {§clinical-status: [active]}}", '"order" has no "clinical-st', ""),
    ("CDS206", "x: {says: X, value: §latest-k.interpretaton, in: [H]}", "interpretaton", '"interpretation"?'),
    ("CDS206", "x: {says: X, for-each: opioid, value: §it.criticality, in: [high]}", 'no "criticality"', ""),
    ("CDS206", "x: {says: X, for-each: opioid, value: §it, is: above 3}", 'has no ""', ""),
    ("CDS206", "x: {says: X, value: §patient.weight, is: above 3 kg}", 'a patient has no "weight"', ""),
    ("CDS417", "x: {says: X, value: §latest-k.date, is: above 3 days}", '"latest-k.date" is a date', "latest-k.time-since"),
    ("CDS417", "x: {says: X, for-each: opioid, value: §it.date, is: above 3 days}", "no number follows", "it.time-since"),
    ("CDS417", "x: {says: X, for-each: opioid, value: §it.start, is: above 3 d}", "is a date", "it.start.time-since"),
    ("CDS417", "x: {says: X, for-each: opioid, value: §it.route.time-since, is: above 3 d}", '"route" is no date', ""),
    ("CDS417", "x: {says: X, value: §mme.time-since, is: above 3 days}", '"mme" has no date', "latest or earliest"),
    ("CDS417", "x: {says: X, value: §adult.time-since, is: above 3 days}", '"adult" has no date', ""),
    ("CDS417", "x: {says: X, value: §patient.birth-date, in: [x]}", "is a date", "patient.age"),
    ("CDS206", "x: {says: X, for-each: opioid, value: §it.onset.time-since, is: above 3 d}", 'no "onset"', ""),
    ("CDS416", "§x: {says: X, latest: medication, in: opioids, is: above 3 mg}", "has no value to test", "x.time-since"),
    ("CDS416", "§x: {says: X, average: procedure, is: above 3 mg}", "has no value", ""),
    ("CDS416", "§x: {says: X, change: condition, over: 2 days, is: rise of at least 1 mg}", "has no value", ""),
    ("CDS416", "§x: {says: X, highest: [lab, procedure], in: opioids}", '"procedure" has no value', "latest, earliest or"),
    ("CDS402", "§x: {says: X, value: k-age, is: above 1 month}\n  k-age: {says: A, value: latest-k.time-since}", "steps on", "beside"),
    ("CDS402", "§x: {says: X, points: latest-k.time-since, bands: {below 3 days: 1, at least 3 months: 2}}", "month is no", ""),
    ("CDS402", "§x: {says: X, value: latest-k.time-since, is: above 3 mg}", "could never be decided", "write it with"),
    ("CDS222", "§x: {says: X, count: medication, in: opioids, distinct: opioids.group}", 'has a column "group"', ""),
    ("CDS222", "x: {says: X, for-each: opioid, value: §it.opioids.faktor, is: above 1}", '"faktor"', '"factor"?'),
    ("CDS220", "x: {says: X, for-each: opioid, value: §it.opioid.factor, is: above 1}", '"opioid"', '"opioids"?'),
    ("CDS113", "§x: {says: X, any: condition, in: hospice, status: [actve]}", 'status cannot be "actve"', '"active"?'),
    ("CDS113", "§x: {says: X, any: condition, in: hospice, status: [any, active]}", 'status cannot be "any"', ""),
    ("CDS113", "§x: {says: X, count: medication, in: opioids, distinct: drug}", 'distinct cannot be "drug"', "ingredient"),
    # moments
    ("CDS417", "x: {says: X, any: lab, in: potassium, after: §mme}", '"mme" has no date', "latest or earliest"),
    ("CDS417", "x: {says: X, age: §total, is: above 3 years}", '"total" has no date', ""),
    ("CDS205", "§x: {says: X, any: lab, in: potassium, after: latest-kk}", '"latest-kk"', '"latest-k"?'),
    ("CDS231", "x: {says: X, any: lab, in: potassium, after: §it}", '"it" needs "for-each"', "for-each:"),
    ("CDS231", "x: {says: X, any: lab, in: potassium, after: §r}\n  r: {says: R, for-each: opioid, latest: lab, in: potassium}",
     '"r" is judged for each opioid', "for-each: opioid"),
    ("CDS232", "x: {says: X, for-each: diuretic, any: lab, after: §r}\n  r: {says: R, for-each: opioid, latest: lab, in: potassium}",
     '"r" speaks about opioid', "narrow"),
    ("CDS210", "§x: {says: X, latest: lab, in: potassium, after: y}\n  y: {says: Y, latest: lab, in: potassium, before: x}",
     "in a circle: x -> y -> x", ""),
    # subjects
    ("CDS231", "x: {says: X, value: §it.route, in: [26643006]}", '"it.route" needs "for-each"', "for-each: <the finder"),
    ("CDS231", "§x: {says: X, any: medication, in: opioids, same: ingredient}", '"same" and "different" need', "for-each"),
    ("CDS231", "§x: {says: X, for-each: twice, any: medication, in: opioids, different: code}", '"same" and', ""),
    ("CDS206", "§x: {says: X, for-each: opioid, any: medication, same: ingredent}", '"ingredent"', '"ingredient"?'),
    ("CDS222", "§x: {says: X, pair: [opioid, opioid-in-use], same: opioids.class}", 'no code of "opioids" has a', ""),
    ("CDS220", "§x: {says: X, pair: [opioid, opioid-in-use], different: opiates.factor}", '"opiates"', "one of: diuretics"),
    ("CDS232", "§x: {says: X, for-each: opioid, all-of: [of-another, adult]}", "different facts: diuretic, opioid", "narrow"),
    # names
    ("CDS205", "§x: {says: X, any: opiod}", 'no definition is called "opiod"', 'did you mean "opioid"?'),
    ("CDS205", "§x: {says: X, any: labs, in: potassium}", 'no definition is called "labs"', 'did you mean "lab"?'),
    ("CDS205", "§x: {says: X, latest: [vitals], in: potassium}", '"vitals"', 'did you mean "vital"?'),
    ("CDS205", "§x: {says: X, any: it}", 'no definition is called "it"', ""),
    ("CDS205", "§x: {says: X, for-each: patient, value: it.route}", '"patient"', ""),
    ("CDS220", "§x: {says: X, any: order, not-in: opiods}", 'no value set is called "opiods"', '"opioids"?'),
    ("CDS227", "§x: {says: X, parameter: strikt}", 'no parameter is called "strikt"', 'did you mean "strict"?'),
]  # fmt: skip
OF_ANOTHER = "\n  of-another: {says: O, for-each: diuretic, value: it.route, in: [26643006]}"


@pytest.mark.parametrize(("code", "new", "gist", "hint"), MISTAKES)
def test_a_name_used_as_what_it_is_not_is_told_with_its_place(code, new, gist, hint):
    assert_told(code, FEMALE, added(new) + (OF_ANOTHER if "of-another" in new else ""), gist, hint)


@pytest.mark.parametrize(
    "definition",
    [
        "x: {says: X, any-of: [known mme, unknown mme, missing mme, absent mme, absent diuretic, unknown risk]}",
        "x: {says: X, absent: mme}",
        "x: {says: X, any: opioid-in-use, that: [strong]}\n  strong: {says: S, for-each: opioid-in-use, value: it.strength, is: above 5 mg}",
        "x: {says: X, for-each: opioid, any: medication, same: [ingredient, opioids.unit], different: day}",
        (
            "x: {says: X, for-each: narrow, all-of: [of-narrow, of-wide]}\n  narrow: {says: N, any: opioid, in: opioids}\n"
            "  of-narrow: {says: A, for-each: narrow, value: it.route, in: [26643006]}\n"
            "  of-wide: {says: B, for-each: opioid, value: it.route, in: [26643006]}"
        ),
        "x: {says: X, for-each: opioid, value: it.opioids.daily-dose, is: above 5 mg/d}",
        "x: {says: X, value: mme-high, is: above 5 mg/d}",
        "x: {says: X, value: latest-k.time-since, is: at most result-age}",
        "x: {says: X, value: opioid-in-use.time-since, is: at most 2 years}",
        "x: {says: X, for-each: opioid-in-use, value: it.start.time-since, is: at least 48 hours}",
        "x: {says: X, value: patient.birth-date.time-since, is: below 28 days}",
        "x: {says: X, value: patient.race, in: [2054-5], if-absent: fails}",
        "x: {says: X, latest: medication, in: opioids}\n  y: {says: Y, value: x, in: [diuretics]}",
        "x: {says: X, count: medication, in: opioids, distinct: opioids.factor}",
        "x: {says: X, count: medication, in: opioids, distinct: encounter}",
        "x: {says: X, for-each: twice, value: second.route, in: [26643006]}",
    ],
)
def test_what_the_language_allows_is_allowed(definition):
    _, problems = read(changed(FEMALE, added(definition)))
    assert [str(problem) for problem in problems] == []


def test_a_composition_about_a_subject_is_refused_in_a_rule_about_the_patient():
    one = "one-high: {says: One is high, for-each: opioid-in-use, value: it.strength, is: above 5 mg}"
    text = changed(FEMALE, added(f"{one}\n  either: {{says: Either, any-of: [one-high, adult]}}"))
    _, problems = read(changed("when: [opioid, unknown k-high]", "when: [opioid, unknown k-high, either]", text))
    assert [p.code for p in problems] == ["CDS231"]
    assert '"either" is judged for each opioid-in-use' in problems[0].message
    assert "for-each: opioid-in-use, or narrow" in problems[0].hint


def test_a_rule_about_one_finder_does_not_judge_what_is_about_another():
    one = "one-high: {says: One is high, for-each: opioid-in-use, value: it.strength, is: above 5 mg}"
    _, problems = read(changed("when: [twice]", "when: [twice, one-high]", changed(FEMALE, added(one))))
    assert [p.code for p in problems] == ["CDS232"]


def test_the_example_uses_every_name_as_it_is():
    assert read(RULESET)[1] == []

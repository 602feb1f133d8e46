# ruff: noqa: E501 -- one mistake a line reads best
"""Definitions, their sources and filters: one clause each, and every mistake with its place, its words and its hint."""

import pytest

from cds.facts.dates import Duration
from cds.rules.definition import (
    Answers,
    Choose,
    Compose,
    Count,
    Entry,
    Filters,
    Find,
    Operand,
    Pick,
    Score,
    Source,
    Where,
)
from cds.rules.source.names import RESERVED
from tests.rules.source.written import RULESET, assert_told, changed, read

FEMALE = "  female: {says: Female, label: sex, sex: female}"
MISTAKES = [
    # names
    ("CDS201", FEMALE, "  §Fe_male: {says: Fe, sex: male}\n" + FEMALE, "cannot be the name of a definition", "small"),
    ("CDS201", FEMALE, "  §fe--male: {says: Fe, sex: male}\n" + FEMALE, "cannot be the name", "single hyphens"),
    ("CDS202", FEMALE, "  §medication: {says: Fe, sex: male}\n" + FEMALE, "a word of the language", ""),
    ("CDS107", FEMALE, FEMALE + "\n  §female: {says: Fe, sex: male}", '"female" stands here twice', "first on line 38"),
    # the clause
    ("CDS110", FEMALE, FEMALE + "\n  x: §female", 'the definition "x" must be a table', "key: value"),
    ("CDS109", "{says: Female, label: sex, sex: female}", "§{sex: female}", 'needs the key "says"', ""),
    ("CDS120", FEMALE, FEMALE + "\n  §x: {says: X}", '"x" has no clause', "exactly one of: any, pair"),
    ("CDS120", FEMALE, FEMALE + "\n  §x: {says: X, any: order, sex: male}", "several clauses: any, sex", "exactly one"),
    ("CDS101", "sex: female}", "sex: female, §within: 3 days}", '"sex" has no key "within"', "one of"),
    ("CDS101", "any: condition, in: hospice", "any: condition, in: hospice, §statu: any", "no key", '"status"'),
    ("CDS109", FEMALE, FEMALE + "\n  x: §{says: X, change: lab, over: 2 days}", 'change needs the key "is"', ""),
    ("CDS109", FEMALE, FEMALE + "\n  x: §{says: X, change: lab, is: rise of at least 1 mmol/L}", 'needs the key "over"', ""),
    ("CDS405", FEMALE, FEMALE + "\n  x: {says: X, change: lab, over: §2, is: rise of at least 1 mmol/L}", "not a duration", ""),
    ("CDS401", FEMALE, FEMALE + "\n  x: {says: X, change: lab, over: 2 days, is: §at least 1 mg}", "not a test of a change", "rise of"),
    ("CDS401", FEMALE, FEMALE + "\n  x: {says: X, change: lab, over: 2 days, is: §rise to at least 2}", "not a test", "times"),
    ("CDS401", FEMALE, FEMALE + "\n  x: {says: X, change: lab, over: 2 days, is: §rise of 2 mg}", "not a test", "at least"),
    ("CDS402", FEMALE, FEMALE + "\n  x: {says: X, change: lab, over: 2 days, is: §rise to at least 2 mg times}", "no unit", ""),
    ("CDS404", FEMALE, FEMALE + "\n  x: {says: X, change: lab, over: 2 days, is: §fall of at least much}", "neither a quant", ""),
    ("CDS126", FEMALE, FEMALE + "\n  x: {says: X, count: lab, distinct: day, §spaced: 2 days}", "do not go together", ""),
    ("CDS113", "sex: female}", "sex: §woman}", 'sex cannot be "woman"', "female, male"),
    ("CDS418", "age: now", "age: §the birthday", '"the birthday" is not a moment', "now, birth, it, a definition"),
    ("CDS121", "pair: [opioid, opioid-in-use]", "pair: §[opioid]", "exactly two finders", ""),
    ("CDS121", "first-of: [latest-k, rate]", "ratio: §[latest-k]", "exactly two numbers", ""),
    ("CDS402", "same: ingredient}", "same: ingredient, where: {§gap: below 3 mg}}", "the time between the two", "at most 7"),
    ("CDS402", "same: ingredient}", "same: ingredient, where: {§gap: recorded}}", "the time between the two", ""),
    ("CDS206", "same: ingredient}", "same: ingredient, where: {§route: [oral]}}", 'a pair has no "route"', "first.route"),
    ("CDS206", "same: ingredient}", "same: ingredient, where: {§first.onset: [x]}}", 'has no "onset"', ""),
    ("CDS206", "where: {category: [community, not recorded]}", "where: {§first.category: [x]}", 'no "first.category"', ""),
    ("CDS223", "same: ingredient}", "same: ingredient, table: §none.csv}", 'no file "none.csv"', "a plain name"),
    ("CDS223", "same: ingredient}", "same: ingredient, table: §../opioids.csv}", "there is no file", "a plain name"),
    ("CDS122", "choose: [{female: latest-k}, {otherwise: better}]", "choose: §latest-k", "choose needs a list", ""),
    ("CDS122", "[{female: latest-k}, {otherwise: better}]", "[{otherwise: better}, {§female: latest-k}]", "no branch", ""),
    ("CDS226", "formula: morphine-equivalent", "formula: §morphine-equivalents", "no formula", '"morphine-equivalent"?'),
    ("CDS101", "factor: it.opioids.factor", "§faktor: rate, factor: it.opioids.factor", 'no key "faktor"', '"factor"?'),
    ("CDS124", "at-least: 2,", "at-least: §4,", "a number from 1 to 3", ""),
    ("CDS124", "at-least: 2,", "at-least: §0,", "a number from 1 to 3", ""),
    ("CDS124", "at-least: 2,", "at-least: §²,", "a number from 1 to 3", ""),
    ("CDS124", "at-least: 2,", f"at-least: §{'9' * 5000},", "a number from 1 to 3", ""),
    ("CDS112", "any-of: [mme-high, diuretic, not adult]", "any-of: §[]", "any-of is an empty list", ""),
    ("CDS112", "score: {adult: 1, female: 2, rate-points: add}", "score: §{}", "score is empty", ""),
    ("CDS112", "bands: {at most 8 /min: 3, above 8 /min: 0}", "bands: §{}", "bands is empty", ""),
    ("CDS407", "at most 8 /min: 3", "at most 8 /min: §three", '"three" is not a number of points', ""),
    ("CDS407", "at most 8 /min: 3", "at most 8 /min: §3 mg", "not a number of points", ""),
    ("CDS407", "adult: 1, f", "adult: §one, f", 'neither a number of points nor "add"', ""),
    # entries
    ("CDS203", "not adult]", "§not not adult]", "not an entry of a list", "one prefix word"),
    ("CDS203", "not adult]", "§not known adult]", "not an entry of a list", "missing x"),
    ("CDS203", "not adult]", "§surely adult]", "not an entry of a list", "one prefix word"),
    ("CDS111", "not adult]", "§{not: adult}]", "any-of must be a list of texts", "quote entries"),
    # tests
    ("CDS126", "is: above limit", "is: above limit, §in: [HM]", "one test, not 2: is, in", ""),
    ("CDS126", "in: [HM], if", "in: [HM], §not-in: [hs], if", "one test, not 2: in, not-in", ""),
    ("CDS126", "rounded-to: 1 /min", "rounded-to: 1 /min, §if-absent: fails", "goes with a test", "leave it out"),
    ("CDS113", "if-absent: fails", "if-absent: §false", 'if-absent cannot be "false"', "fails"),
    ("CDS412", "any: condition, in: hospice", "any: condition, in: hospice, §is: above 3", "tests a number", ""),
    ("CDS402", "rounded-to: 1 /min", "rounded-to: §0 /min", "rounded-to must be a step", ""),
    ("CDS402", "rounded-to: 1 /min", "rounded-to: §-1 /min", "rounded-to must be a step", ""),
    ("CDS402", "rounded-to: 1 /min", "rounded-to: §1 breath", "rounded-to must be a step", ""),
    # operands
    ("CDS406", "value: latest-k.interpretation", "value: §latest-k.a.b", "not a name, nor a name and an attribute", ""),
    ("CDS406", "value: latest-k.interpretation", "value: §latest-k.", "not a name", ""),
    # filters
    ("CDS405", "within: result-age", "within: §90d", '"90d" is not a duration', "90 days, 12 months"),
    ("CDS405", "within: result-age", "within: §[90 days]", "within must be a duration", ""),
    ("CDS404", "within: result-age", "within: §limit", 'the parameter "limit" is not a duration', ""),
    ("CDS418", "within: result-age", "from: §the last visit", '"the last visit" is not a moment', "now, birth, it, a def"),
    ("CDS418", "within: result-age", "from: §3 hours after birth", "birth is a day, and no hours", "count in days"),
    ("CDS418", "within: result-age", "from: §[now]", "from must be a moment", "now, birth"),
    ("CDS405", "within: result-age", "from: §3 dys before now", '"3 dys" is not a duration', "90 days"),
    ("CDS405", "within: result-age", "from: §result-aeg before now", "is not a duration", '"result-age"?'),
    ("CDS405", "within: result-age", "from: §limit before now", '"limit" is not a duration', "90 days"),
    ("CDS419", "within: result-age", "from: §mesurement start", 'no period is called "mesurement"', ""),
    ("CDS126", "within: result-age", "from: 3 days before now, §after: now", "from and after do not go", ""),
    ("CDS126", "within: result-age", "until: now, §during: now", "until and during do not go", ""),
    ("CDS418", "where: {category: [community, not recorded]}", "where: {start: §[a]}", "takes one window and not recorded", "from measurement"),
    ("CDS418", "where: {category: [community, not recorded]}", "where: {start: §above 3 d}", "is a time", "recorded"),
    ("CDS405", "where: {category: [community, not recorded]}", "where: {start: §within 3}", "not a duration", ""),
    ("CDS101", "in: hospice}", "in: hospice, §spaced: 28 days}", 'no key "spaced"', ""),
    ("CDS405", FEMALE, FEMALE + "\n  x: {says: X, count: lab, spaced: §28}", '"28" is not a duration', "90 days"),
    ("CDS110", "where: {category: [community, not recorded]}", "where: §community", "where must be a table", ""),
    ("CDS203", "[community, not recorded]", "[community, §not inpatient]", "not an entry of a list", "stands alone"),
    ("CDS112", "category: [community, not recorded]", "category: §[]", "category is an empty list", ""),
    ("CDS401", "category: [community, not recorded]", "route: §under the tongue", '"under"', "write: below"),
    ("CDS113", "within: result-age", "within: result-age, on-tie: §newest", "on-tie cannot be", "lowest"),
]  # fmt: skip


@pytest.mark.parametrize(("code", "old", "new", "gist", "hint"), MISTAKES)
def test_a_mistake_in_a_definition_is_told_with_its_place(code, old, new, gist, hint):
    assert_told(code, old, new, gist, hint)


def test_a_formula_without_an_essential_input_is_told_at_the_formula():
    old = "formula: morphine-equivalent, inputs: {daily-dose: it.daily-dose, factor: it.opioids.factor,"
    new = "formula: §morphine-equivalent, inputs: {daily-dose: it.daily-dose,"
    assert_told("CDS123", old, new, 'needs the input "factor"', "")


@pytest.mark.parametrize("word", sorted(RESERVED))
def test_a_word_of_the_language_is_no_name(word):
    assert_told("CDS202", FEMALE, f"{FEMALE}\n  §{word}: {{says: X, sex: male}}", "cannot be a name", "")


def definition(name: str):
    ruleset, problems = read(RULESET)
    assert problems == []
    return ruleset.definitions[name]


def test_a_finder_reads_with_its_filters():
    assert definition("opioid").clause == Find(
        Source(
            ("order",), (),
            Filters(in_sets=("opioids",), where=(
                Where("category", ("community",), frozenset({"community"}), recorded=False),)),
        )
    )  # fmt: skip


def test_lab_and_vital_are_observations_and_a_window_may_be_a_parameter():
    clause = definition("latest-k").clause
    assert clause == Pick("latest", Source(("observation",), (), Filters(("potassium",), within=Duration(90, "day"))))


def test_codes_of_an_answer_are_compared_without_case():
    ruleset, _ = read(changed("in: [HM]", "in: [HM, hh]"))
    assert ruleset.definitions["haemolysed"].test == Answers(("HM", "hh"), frozenset({"hm", "hh"}))


def test_operands_keep_the_value_set_of_a_column():
    inputs = definition("mme-of-one").clause.inputs
    assert inputs["factor"] == Operand("it", "factor", "opioids")
    assert inputs["daily-dose"] == Operand("it", "daily-dose")


def test_compositions_scores_and_choices_read_in_the_order_written():
    assert definition("risk").clause == Compose("any-of", (Entry("mme-high"), Entry("diuretic"), Entry("adult", "not")))
    assert definition("two").clause.n == 2
    assert definition("total").clause == Score((("adult", 1), ("female", 2), ("rate-points", None)))
    assert definition("chosen").clause == Choose((("female", "latest-k"), ("", "better")))


def test_a_label_left_out_is_what_the_definition_says():
    assert definition("mme").label == definition("mme").says


def test_a_status_of_any_means_no_filter_and_no_status_the_usual_ones():
    ruleset, _ = read(changed("any: condition, in: hospice", "any: condition, in: hospice, status: any"))
    assert ruleset.definitions["hospice-care"].clause.source.filters.status == frozenset()
    assert definition("hospice-care").clause.source.filters.status is None


@pytest.mark.parametrize(
    ("written", "read_as"),
    [
        ("not opioids", Where("category", ("opioids",), frozenset({"opioids"}), negated=True)),
        ("recorded", Where("category", recorded=True)),
        ("not recorded", Where("category", recorded=False)),
        ("yes", Where("as-needed", flag=True)),
        ("no", Where("as-needed", flag=False)),
        ("[no, not recorded]", Where("as-needed", flag=False, recorded=False)),
        ("[not recorded, yes]", Where("as-needed", flag=True, recorded=False)),
        ("[AMB, recorded]", Where("category", ("AMB",), frozenset({"amb"}), recorded=True)),
    ],
)
def test_a_condition_on_an_attribute_reads_as_written(written, read_as):
    ruleset, problems = read(changed("category: [community, not recorded]", f"{read_as.attribute}: {written}"))
    assert problems == []
    assert ruleset.definitions["opioid"].clause.source.filters.where == (read_as,)


def test_a_phrase_in_where_is_a_limit():
    ruleset, _ = read(changed("where: {category: [community, not recorded]}", "where: {daily-dose: at least 50 mg/d}"))
    assert ruleset.definitions["opioid"].clause.source.filters.where[0].limit.text == "at least 50 mg/d"


def test_counting_different_ingredients_reads():
    text = changed(FEMALE, FEMALE + "\n  drugs: {says: Drugs, count: medication, in: diuretics, distinct: ingredient}")
    ruleset, problems = read(text)
    assert problems == []
    assert ruleset.definitions["drugs"].clause == Count(
        Source(("medication",), (), Filters(("diuretics",))), "ingredient"
    )

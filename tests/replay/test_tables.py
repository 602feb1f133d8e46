"""The two tables beside the cases: topics.yaml and the known disagreements; and the report that uses them."""

from cds.replay.known import Known, outlived, read_known, unexplained
from cds.replay.report import lines
from cds.replay.tally import tally_of
from cds.replay.topics import Topic, read_topics
from cds.replay.verdict import Outcome


def written(tmp_path, text):
    file = tmp_path / "table.yaml"
    file.write_text(text, encoding="utf-8")
    return file


def test_topics_are_read_with_their_rules(tmp_path):
    topics, problems = read_topics(written(tmp_path, "t: {ruleset: r, rules: [a, b]}\nu: {ruleset: r}\n"))
    assert problems == []
    assert topics == {"t": Topic("r", frozenset({"a", "b"})), "u": Topic("r")}


def test_a_topic_may_name_the_rules_that_recommend_what_a_label_does(tmp_path):
    topics, problems = read_topics(written(tmp_path, "t: {ruleset: r, recommendations: {See Details: [a]}}\n"))
    assert problems == []
    assert topics["t"].recommendations == {"See Details": frozenset({"a"})}


def test_recommendations_without_rules_are_a_problem(tmp_path):
    text = "t: {ruleset: r, recommendations: {See Details: []}}\nu: {ruleset: r, recommendations: [a]}\n"
    topics, problems = read_topics(written(tmp_path, text))
    assert topics == {}
    assert [problem.location.line for problem in problems] == [1, 2]


def test_a_misshapen_topic_is_a_problem_with_its_place(tmp_path):
    text = "t: {rules: [a]}\nu: {ruleset: r, rule: [a]}\nv: {ruleset: r, rules: a}\nw: [r]\n"
    topics, problems = read_topics(written(tmp_path, text))
    assert topics == {}
    assert [problem.location.line for problem in problems] == [1, 2, 3, 4]


def test_a_map_that_is_no_table_is_a_problem(tmp_path):
    assert read_topics(written(tmp_path, "[a]\n"))[1]
    assert read_topics(written(tmp_path, "{a\n"))[1]
    assert read_known(written(tmp_path, "[a]\n"))[1]
    assert read_known(written(tmp_path, "{a\n"))[1]


def test_known_disagreements_say_whose_where_and_why(tmp_path):
    known, problems = read_known(written(tmp_path, "c1: {whose: source, where: 'file:1', why: a typo}\n"))
    assert (known, problems) == ({"c1": Known("source", "file:1", "a typo")}, [])


def test_an_entry_without_a_reason_explains_nothing(tmp_path):
    known, problems = read_known(
        written(tmp_path, "c1: {whose: source, where: x}\nc2: {whose: nobody, where: x, why: y}\n")
    )
    assert known == {}
    assert [problem.location.line for problem in problems] == [1, 2]


def test_only_what_the_table_holds_is_explained_and_an_entry_that_agrees_has_outlived_itself():
    tally = tally_of([Outcome("c1", "t", "disagree"), Outcome("c2", "t", "disagree"), Outcome("c3", "t", "agree")])
    known = {"c1": Known("ours", "x", "y"), "c3": Known("ours", "x", "y"), "not-asked": Known("ours", "x", "y")}
    assert [outcome.id for outcome in unexplained(tally, known)] == ["c2"]
    assert outlived(tally, known, frozenset({"c1", "c2", "c3"})) == ("c3",)


def test_the_report_names_every_disagreement_error_and_change():
    tally = tally_of(
        [
            Outcome("c1", "t", "disagree", "silent", counted="fn", changes={"drafts-wrapped": 2}),
            Outcome("c2", "", "error", "status 500"),
            Outcome("c3", "t", "undecided", "the case has no outcome"),
        ]
    )
    text = "\n".join(lines(tally, {"c1": Known("source", "file:1", "a typo")}))
    assert "c1: silent [known, source: a typo (file:1)]" in text
    assert "c2: status 500" in text
    assert "1 the case has no outcome" in text
    assert "drafts-wrapped: 1 cases, 2 times" in text
    assert "(no topic)" in text

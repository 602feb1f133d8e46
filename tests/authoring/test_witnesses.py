"""Each patient that is shown was judged by both versions, and the change it is shown for has its part in it."""

from cds.authoring.case_judging import judge_case, load_suite, record_of
from cds.authoring.cases import Fired
from cds.authoring.comparing import changes
from cds.authoring.comparing_report import witness_data, witness_lines
from cds.authoring.versions import read_version
from cds.authoring.witnesses import find_witnesses
from cds.rules.engine.reference import make_reference
from tests.authoring.drafts import write_draft
from tests.authoring.suites import never

LIMIT = ("says: Potassium above 5.0, value: newest, is: above 5.0 mmol/L",
         "says: Potassium above 5.7, value: newest, is: above 5.7 mmol/L")  # fmt: skip
WINDOW = (
    "within 30 days, latest: lab, in: potassium, within: 30",
    "within 20 days, latest: lab, in: potassium, within: 20",
)
CODE = ("10829: trimethoprim", "10829: trimethoprim, 10831: co-trimoxazole")


def found(tmp_path, *changed, is_late=never):
    folders = write_draft(tmp_path / "a", "1.0.0"), write_draft(tmp_path / "b", "1.1.0", *changed)
    versions = [read_version(folder)[0] for folder in folders]
    suites = [load_suite(folder, make_reference)[0] for folder in folders]
    told = changes(versions[0], versions[1])
    witnesses = find_witnesses(suites[0], suites[1], told, is_late)
    for witness in witnesses.values():
        for suite, said in zip(suites, (witness.old, witness.new), strict=True):
            assert judge_case(witness.run, suite.judge, record_of(witness.run, suite.judge)).findings == said
    return {told[number].name: witness for number, witness in witnesses.items()}, told, witnesses


def test_a_moved_limit_is_shown_by_a_patient_between_the_two(tmp_path):
    named, told, witnesses = found(tmp_path, LIMIT)
    assert named["high"].only_old == [Fired("raises-potassium", ())]
    assert named["high"].new == []
    lines = list(witness_lines(told, witnesses, "a", "b"))
    assert lines[0] == "definition high: fires in a only: raises-potassium"


def test_what_no_case_shows_is_looked_for_by_turning_numbers_and_times(tmp_path):
    named, _, _ = found(tmp_path, WINDOW)
    witness = named["newest"]
    assert (witness.only_old, witness.only_new) == ([Fired("raises-potassium", ())], [Fired("not-checked", ())])
    assert "days ago" in witness.what
    assert "fires: [not-checked]" in str(witness_data(witness)["case"])


def test_a_code_is_shown_by_a_patient_who_has_it_and_differs_because_of_it(tmp_path):
    named, _, _ = found(tmp_path, CODE, LIMIT)
    assert named["trimethoprim"].only_new == [Fired("raises-potassium", ())]
    assert "10831" in str(named["trimethoprim"].run.request)


def test_a_card_that_reads_otherwise_has_a_patient_too_and_evidence_has_none(tmp_path):
    words = ("Trimethoprim with potassium", "Trimethoprim at a potassium of")
    named, told, witnesses = found(tmp_path, words, ("strength: label warning", "strength: contraindication"))
    assert set(named) == {"raises-potassium"}
    assert "the card reads otherwise" in "".join(witness_lines(told, witnesses, "a", "b"))


def test_without_time_only_what_the_cases_show_is_shown(tmp_path):
    assert found(tmp_path, WINDOW, is_late=lambda: True)[0] == {}

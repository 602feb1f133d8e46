"""Pairs by a table, by the time between the two, and by attributes of either."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cds.facts.attributes import read_attribute
from cds.rules.engine.truth import Truth
from cds.rules.judge import judging as judging_module
from cds.rules.judge import pairing
from cds.rules.judge.shared_keys import same_key
from cds.rules.judge.values import Found
from cds.rules.source.read import read_ruleset
from tests.patients import draft, medication_request
from tests.rules.judge.telling import judged, ruleset, truth, verdicts
from tests.rules.source.written import FILES, REASONS, RULESET, changed

W, I = {"any": "medication", "in": ["warfarin"]}, {"any": "medication", "in": ["ibuprofen"]}  # noqa: E741
TABLE = b"system,first,second,severity\nrxnorm,7052,4603,severe\nrxnorm,9997,7804,3\n"


def found(where, *resources, **how):
    return truth({"w": W, "i": I, "p": {"pair": ["w", "i"], "where": where}}, "p", *resources, **how)


def warfarin(on="2026-04-01", **more):
    return medication_request(id="w", on=on, rxnorm="11289", **more)


def ibuprofen(on="2026-04-01", **more):
    return medication_request(id="i", on=on, rxnorm="5640", **more)


@pytest.mark.parametrize(
    ("gap", "one", "other", "verdict"),
    [
        ("at most 7 days", "2026-04-01", "2026-04-08", "holds"),
        ("at most 7 days", "2026-04-08", "2026-04-01", "holds"),
        ("at most 7 days", "2026-04-01", "2026-04-09", "fails"),
        ("at most 1 month", "2026-02-28", "2026-03-31", "holds"),
        ("at most 1 month", "2026-02-27", "2026-03-31", "fails"),
        ("below 4 hours", "2026-04-01T08:00:00Z", "2026-04-01T11:59:59Z", "holds"),
        ("below 4 hours", "2026-04-01T08:00:00Z", "2026-04-01T12:00:00Z", "fails"),
        ("below 4 hours", "2026-04-01", "2026-04-01", "unknown"),
        ("at most 7 days", "2026-04", "2026-04-08", "unknown"),
        ("at most 40 days", "2026-04", "2026-04-08", "holds"),
        ("at most 7 days", "2026-01", "2026-04-08", "fails"),
        ("at most 7 days", None, "2026-04-08", "unknown"),
    ],
)
def test_the_time_between_the_two(gap, one, other, verdict):
    assert found({"gap": gap}, warfarin(one), ibuprofen(other)) == verdict


@pytest.mark.parametrize(
    ("told", "verdict"),
    [
        ({"dose": (1200, "mg"), "per_day": 2}, "holds"),
        ({"dose": (400, "mg"), "per_day": 2}, "fails"),
        ({}, "unknown"),
    ],
)
def test_an_attribute_of_one_of_the_two(told, verdict):
    assert found({"second.daily-dose": "above 1200 mg/d"}, warfarin(), ibuprofen(**told)) == verdict


def test_conditions_go_together():
    where = {"gap": "at most 7 days", "second.daily-dose": "above 1200 mg/d"}
    assert found(where, warfarin("2026-01-01"), ibuprofen()) == "fails"
    assert found(where, warfarin(), ibuprofen()) == "unknown"


@pytest.fixture
def asked(monkeypatch):
    """The attributes that were read, in order."""
    names = []

    def read(fact, name, moment):
        names.append((fact.reference, name))
        return read_attribute(fact, name, moment)

    monkeypatch.setattr(judging_module, "read_attribute", read)
    return names


def test_where_there_can_be_no_pair_the_other_side_is_not_looked_for():
    definitions = {"w": W, "i": {**I, "where": {"as-needed": "no"}}, "p": {"pair": ["w", "i"]}}
    alone = judged(definitions, ibuprofen())
    alone._found.clear()
    assert alone.found("p", None) == Found()
    assert "i" not in alone._found
    unsupplied = judged(definitions, ibuprofen(), unsupplied=["MedicationStatement"])  # there may be warfarin
    assert unsupplied.found("p", None).truth is Truth.UNKNOWN


def test_of_two_that_share_nothing_nothing_more_is_read(asked):
    definitions = {"w": W, "i": I, "p": {"pair": ["w", "i"], "same": "ingredient", "where": {"first.as-needed": "no"}}}
    assert truth(definitions, "p", warfarin(), ibuprofen()) == "fails"
    assert asked == []


def test_an_attribute_is_read_once(asked):
    where = {"second.daily-dose": "above 1200 mg/d"}
    definitions = {"w": W, "i": I, "p": {"pair": ["w", "i"], "where": where}, "q": {"pair": ["i", "w"], "where": where}}
    judged(definitions, warfarin(), ibuprofen())  # both pairs
    assert sorted(asked) == [("MedicationRequest/i", "daily-dose"), ("MedicationRequest/w", "daily-dose")]
    judged(definitions, warfarin(), ibuprofen())
    assert len(asked) == 4  # another request reads them again


TWICE = "  twice: {says: The same opioid twice, pair: [opioid, opioid-in-use], same: ingredient}"
SEVERE = "in: [severe]"


def with_table(table=TABLE, test=SEVERE, summary="Twice: {it}"):
    text = changed(
        TWICE,
        "  twice: {says: A listed pair, pair: [opioid, diuretic], table: pairs.csv}\n"
        f"  grave: {{says: It is grave, for-each: twice, value: it.severity, {test}}}",
    )
    text = changed("when: [twice]", "when: [twice, grave]\n    when-unknown: stay-silent", text)
    text = changed('summary: "Twice: {it}"', f'summary: "{summary}"', text)
    return read_ruleset(text.encode(), "r.yaml", {**FILES, "pairs.csv": table}.get, REASONS)


def fired(told, ordered, active):
    drafts = [draft(rxnorm=ordered, id="o1")]
    judged = verdicts(told, medication_request(id="m1", rxnorm=active), drafts=drafts)
    return [(v.rule.id, v.outcome) for v in judged.rules if v.rule.id == "double"]


def test_a_pair_passes_if_a_row_names_a_code_of_each_either_way_round():
    told, problems = with_table()
    assert problems == []
    assert fired(told, "7052", "4603") == [("double", "fires")]
    assert fired(told, "7804", "9997") == [("double", "unknown")]  # the row says 3, which is no word
    assert fired(told, "7052", "9997") == []
    told, problems = with_table(test="is: at least 3")
    assert problems == []
    assert fired(told, "7804", "9997") == [("double", "fires")]


def test_rows_that_differ_leave_the_column_unknown():
    both = TABLE + b"rxnorm,7052,9997,severe\n"
    told, problems = with_table(both)
    assert problems == []
    assert fired(told, "7052", "9997") == [("double", "fires")]


@pytest.mark.parametrize(
    ("table", "code"),
    [
        (b"system,first,second\n", "CDS221"),
        (b"system,first\nrxnorm,1\n", "CDS108"),
        (b"rxnorm,7052\n", "CDS108"),
        (TABLE + b"rxnorm,4603,7052,mild\n", "CDS107"),
        (TABLE + b"drugs,1,2,mild\n", "CDS225"),
    ],
)
def test_a_mistake_in_the_table_is_told(table, code):
    told, problems = with_table(table)
    assert told is None
    assert code in [problem.code for problem in problems]


def test_a_column_is_shown_in_a_text_and_a_missing_one_is_told():
    told, problems = with_table(summary="{it}: {it.severity}")
    assert (told is not None, problems) == (True, [])
    told, problems = with_table(summary="{it}: {it.weight}")
    assert [problem.code for problem in problems] == ["CDS503"]
    assert RULESET.count("twice") > 1


# --- many subjects: only those that may share a key are looked at; written down once more without that ------------

#: What each code stands for; the second two have no group, and the last is no ingredient that the product table knows.
GROUPS = {"7052": {"a"}, "7804": {"a"}, "11289": {"b"}, "5640": set(), "9999999": set()}
INGREDIENTS = {code: {code} if code != "9999999" else set() for code in GROUPS}
GROUPED = {
    "drugs": {
        "rxnorm": {
            code: {"display": "x", **({"group": group} if (group := "".join(groups)) else {})}
            for code, groups in GROUPS.items()
        }
    }
}
KEYS = {"drugs.group": GROUPS, "ingredient": INGREDIENTS}
codes = st.lists(st.sampled_from(sorted(GROUPS)), max_size=4)


@settings(max_examples=150, deadline=None)
@given(codes, codes, st.sampled_from(sorted(KEYS)), st.booleans())
def test_every_pair_that_shares_a_key_or_may_do_so_is_found_in_order(ordered, used, key, supplied):
    definitions = {
        "o": {"any": "order", "in": ["drugs"]},
        "u": {"any": "medication", "in": ["drugs"]},
        "p": {"pair": ["o", "u"], "same": key},
    }
    orders = [draft(f"o{n}", rxnorm=code) for n, code in enumerate(ordered)]
    taken = [medication_request(id=f"m{n}", rxnorm=code) for n, code in enumerate(used)]
    told = ruleset(definitions, value_sets=GROUPED)
    missing = () if supplied else ("MedicationStatement",)
    came = verdicts(told, *taken, drafts=orders, unsupplied=missing).judging.found("p", None)
    sure, possible = [], []
    for n, one in enumerate(ordered):
        for m, other in enumerate(used):
            mine, theirs = KEYS[key][one], KEYS[key][other]
            if not mine or not theirs:
                possible.append(f"MedicationRequest/o{n} MedicationRequest/m{m}")
            elif mine & theirs:
                sure.append(f"MedicationRequest/o{n} MedicationRequest/m{m}")
    assert [pair.reference for pair in came.sure] == sure
    assert [pair.reference for pair in came.possible] == possible
    assert bool(came.more) == (bool(ordered) and not supplied)


def test_thirty_orders_beside_sixty_drugs_are_not_compared_one_by_one(monkeypatch):
    compared = []
    monkeypatch.setattr(pairing, "same_key", lambda *told: compared.append(told) or same_key(*told))
    definitions = {
        "o": {"any": "order", "in": ["opioids"]},
        "u": {"any": "medication", "in": ["opioids"]},
        "p": {"pair": ["o", "u"], "same": "ingredient"},
    }
    orders = [draft(f"o{n}", rxnorm="7052") for n in range(30)]
    taken = [medication_request(id=f"m{n}", rxnorm="7804" if n else "7052") for n in range(60)]
    judging = verdicts(ruleset(definitions), *taken, drafts=orders).judging
    compared.clear()
    judging._found.clear()
    assert len(judging.found("p", None).sure) == 30
    assert len(compared) == 30


# --- a product of two classes: alike in one, different in the other -------------------------------

RAAS = {
    "raas": {
        "rxnorm": {
            "1656328": {"display": "sacubitril", "class": "ARNI"},
            "69749": {"display": "valsartan", "class": "ARB"},
            "52175": {"display": "losartan", "class": "ARB"},
            "29046": {"display": "lisinopril", "class": "ACEI"},
            "1656340": {"display": "sacubitril 24 MG / valsartan 26 MG Oral Tablet", "class": "ARNI"},
        }
    }
}
SACUBITRIL_VALSARTAN, VALSARTAN, LOSARTAN, LISINOPRIL = "1656340", "69749", "52175", "29046"


@pytest.mark.parametrize(
    ("one", "other", "key", "same", "different"),
    [
        (SACUBITRIL_VALSARTAN, LOSARTAN, "raas.class", "holds", "unknown"),
        (SACUBITRIL_VALSARTAN, VALSARTAN, "raas.class", "holds", "unknown"),
        (SACUBITRIL_VALSARTAN, VALSARTAN, "ingredient", "holds", "unknown"),
        (SACUBITRIL_VALSARTAN, LOSARTAN, "ingredient", "fails", "holds"),
        (SACUBITRIL_VALSARTAN, LISINOPRIL, "raas.class", "fails", "holds"),
        (SACUBITRIL_VALSARTAN, SACUBITRIL_VALSARTAN, "raas.class", "holds", "fails"),
        (VALSARTAN, LOSARTAN, "raas.class", "holds", "fails"),
        (VALSARTAN, LISINOPRIL, "raas.class", "fails", "holds"),
    ],
)
def test_a_product_of_two_classes_is_alike_in_one_and_may_be_another(one, other, key, same, different):
    """Sacubitril/valsartan beside an ARB: "different class" said no, silently, though only half of it is an ARB."""
    definitions = {
        "o": {"any": "order", "in": ["raas"]},
        "u": {"any": "medication", "in": ["raas"]},
        "same": {"pair": ["o", "u"], "same": key},
        "different": {"pair": ["o", "u"], "different": key},
        "beside": {"for-each": "o", "any": "u", "different": key},
    }
    for first, second, engine in ((one, other, "reference"), (other, one, "reference"), (one, other, "durable")):
        judging = verdicts(
            ruleset(definitions, value_sets=RAAS),
            medication_request(id="u", rxnorm=second),
            drafts=[draft(rxnorm=first)],
            engine=engine,
        ).judging
        (ordered,) = judging.found("o", None).sure
        assert judging.truth("same").value == same
        assert judging.truth("different").value == different
        assert judging.truth("beside", ordered).value == different

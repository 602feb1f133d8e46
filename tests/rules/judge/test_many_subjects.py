"""Thirty orders beside sixty drugs in use: what plain loops say, and no rule is run that they do not touch.

How long it takes, by how many rules are installed, says ``python -m benchmarks.subjects``.
"""

import pytest

from cds.rules.judge.indexing import index_facts
from cds.rules.judge.judge import judge
from tests.patients import draft, medication_request
from tests.rules.judge.telling import moment, plan_of, record_of, rule, ruleset

CLASSES, DRAFTS, USED = 4, 30, 60
#: Ten drugs of each class, in groups of two.
SETS = {
    f"class-{n}": {
        "rxnorm": {str(9_000_000 + 10 * n + k): {"display": f"drug {k}", "group": f"g{k // 2}"} for k in range(10)}
    }
    for n in range(CLASSES)
}


def definitions(n: int) -> dict:
    return {
        f"ordered-{n}": {"any": "order", "in": [f"class-{n}"]},
        f"used-{n}": {"any": "medication", "in": [f"class-{n}"]},
        f"either-{n}": {"any": [f"ordered-{n}", f"used-{n}"]},
        f"is-large-{n}": {"for-each": f"ordered-{n}", "value": "it.daily-dose", "is": "above 10 mg/d"},
        f"pair-{n}": {"pair": [f"ordered-{n}", f"used-{n}"], "same": f"class-{n}.group"},
        f"dose-{n}": {"for-each": f"either-{n}", "value": "it.daily-dose"},
        f"sum-{n}": {"sum": f"dose-{n}"},
        f"is-much-{n}": {"value": f"sum-{n}", "is": "at least 200 mg/d"},
    }


def rules(n: int) -> dict:
    return {
        f"large-{n}": rule([f"is-large-{n}"], for_each=f"ordered-{n}"),
        f"twice-{n}": rule([f"pair-{n}"], for_each=f"pair-{n}"),
        f"much-{n}": rule([f"ordered-{n}", f"is-much-{n}"]),
    }


TOLD = ruleset(
    {name: told for n in range(CLASSES) for name, told in definitions(n).items()},
    {name: told for n in range(CLASSES) for name, told in rules(n).items()},
    value_sets=SETS,
)


def dealt(kind: str, count: int, classes: int) -> list[tuple[str, int, int, int]]:
    """Name, class, place in the class, dose in mg a day."""
    return [(f"{kind}{n}", n % classes, (7 * (n // classes)) % 10, 1 + (5 * n) % 17) for n in range(count)]


@pytest.mark.parametrize("classes", [1, 2])
@pytest.mark.parametrize("engine", ["durable", "reference"])
def test_thirty_orders_beside_sixty_drugs_come_out_as_plain_loops_say(classes, engine):
    orders, used = dealt("o", DRAFTS, classes), dealt("m", USED, classes)

    def told(make, each):
        name, klass, place, dose = each
        return make(id=name, rxnorm=str(9_000_000 + 10 * klass + place), dose=(dose, "mg"), per_day=1)

    wanted = set()
    for name, klass, place, dose in orders:
        if dose > 10:
            wanted.add((f"large-{klass}", f"MedicationRequest/{name}"))
        for other, its, where, _ in used:
            if its == klass and where // 2 == place // 2:
                wanted.add((f"twice-{klass}", f"MedicationRequest/{name} MedicationRequest/{other}"))
    for klass in range(classes):
        if sum(dose for _, its, _, dose in (*orders, *used) if its == klass) >= 200:
            wanted.add((f"much-{klass}", ""))
    plan = plan_of(TOLD, engine=engine)
    record = record_of(plan, *(told(medication_request, e) for e in used), drafts=[told(draft, e) for e in orders])
    found = judge(plan, record, moment())[0].rules
    fired = [(v.rule.id, v.subject.reference if v.subject else "") for v in found if v.outcome == "fires"]
    assert len(fired) == len(set(fired)) > 100
    assert set(fired) == wanted
    running = index_facts(plan, record).running[0]
    assert len(running) == 3 * classes

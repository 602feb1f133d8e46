"""Many subjects: 30 draft orders against 60 drugs in use, under 30, 300 and 3,000 installed rules of such kinds.

    python -m benchmarks.subjects [ROUNDS]

The rules come in threes, each three about a class of drugs: one judges every order of the class by its dose
(``for-each``), one every pair of an order and a drug in use of one group (``pair`` with ``same``), one the sum of the
doses. *spread*: the 90 drugs stand in ten classes, so all rules of one ruleset have subjects; *one class*: all stand in
one, which makes 1,800 pairs. *few*: three orders and six drugs, spread. In every turn the plain nested loops of the
same meaning answer too, over groups and doses that were read beforehand; equal findings are asserted, pair by pair.

At last the published rulesets of order-sign answer such a request: the whole answer, from the body to its bytes.
"""

import collections
import json
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from csv import DictReader
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from benchmarks import stated
from benchmarks.request_stages import Stopwatch
from cds import clock
from cds.api.serving import settle
from cds.cache.judgements import JudgementCache
from cds.cache.null import NullStore
from cds.decisions.desk import Desk
from cds.facts.dates import Moment
from cds.facts.record import read_record
from cds.hooks.prefetch import Supplied, Supply, Template
from cds.records.keys import load_keys
from cds.records.recorder import NullRecorder
from cds.replay.moments import moment_of
from cds.rules.catalog.digest import digest_of
from cds.rules.catalog.load import load_catalog
from cds.rules.engine.crosscheck import make_engine
from cds.rules.judge.indexing import index_facts
from cds.rules.judge.judge import judge_ruleset
from cds.rules.judge.plan import Plan, compile_ruleset, join
from cds.settings import Settings

ROOT = Path(__file__).parents[1]
SIZES = (30, 300, 3_000)
CLASSES = 10  # of one ruleset: 30 rules
DRUGS = 30  # of one class, in groups of three
FIRST_DRUG = 9_000_000
LARGE, MUCH = 10, 100  # mg a day: of one order, and of all of a class
DRAFTS, USED = 30, 60
#: A finding: which rule of which class, and about which orders and drugs.
Finding = tuple[str, int, frozenset[str]]

_SETS = "  class-{n}:\n    rxnorm:\n{drugs}"
_DRUG = '      {code}: {{display: "Drug {code}", group: "{group}"}}\n'
_DEFINITIONS = """\
  ordered-{n}: {{says: A drug of class {n} is ordered, any: order, in: class-{n}}}
  used-{n}: {{says: A drug of class {n} is in use, any: medication, in: class-{n}}}
  either-{n}: {{says: A drug of class {n} is ordered or in use, any: [ordered-{n}, used-{n}]}}
  is-large-{n}: {{says: More than 10 mg/d, for-each: ordered-{n}, value: it.daily-dose, is: above 10 mg/d}}
  pair-{n}: {{says: Two of one group, pair: [ordered-{n}, used-{n}], same: class-{n}.group}}
  dose-{n}: {{says: The dose of one, for-each: either-{n}, value: it.daily-dose}}
  all-{n}: {{says: The dose of all, sum: dose-{n}}}
  is-much-{n}: {{says: At least 100 mg/d, value: all-{n}, is: at least 100 mg/d}}
"""
_CARD = "then: {{card: {{indicator: info, summary: Made up, evidence: [none]}}}}"
_RULES = f"""\
  large-{{n}}: {{{{for-each: ordered-{{n}}, when: [is-large-{{n}}], when-unknown: stay-silent, {_CARD}}}}}
  twice-{{n}}: {{{{for-each: pair-{{n}}, when: [pair-{{n}}], when-unknown: stay-silent, {_CARD}}}}}
  much-{{n}}: {{{{when: [ordered-{{n}}, is-much-{{n}}], when-unknown: stay-silent, {_CARD}}}}}
"""


@dataclass(frozen=True)
class Drug:
    """One order or drug in use; class, group and dose are what the plain loops get to see."""

    name: str
    number: int
    dose: int

    @property
    def klass(self) -> int:
        return self.number // DRUGS

    @property
    def group(self) -> int:
        return self.number // 3

    def resource(self, status: str) -> dict:
        return {
            "resourceType": "MedicationRequest",
            "id": self.name,
            "status": status,
            "intent": "order",
            "medicationCodeableConcept": {"coding": [{"system": stated.RXNORM, "code": str(FIRST_DRUG + self.number)}]},
            "subject": {"reference": "Patient/bench"},
            "authoredOn": "2026-05-01",
            "dosageInstruction": [
                {
                    "timing": {"repeat": {"frequency": 1, "period": 1, "periodUnit": "d"}},
                    "doseAndRate": [{"doseQuantity": {"value": self.dose, "system": stated.UCUM, "code": "mg"}}],
                }
            ],
        }


@dataclass(frozen=True)
class Patient:
    drafts: tuple[Drug, ...]
    used: tuple[Drug, ...]


def patient(drafts: int, used: int, classes: int) -> Patient:
    """So many orders and drugs in use, dealt to so many classes in turn; doses of 1 to 17 mg."""

    def dealt(kind: str, count: int, step: int) -> tuple[Drug, ...]:
        numbers = ((n % classes) * DRUGS + (step * (n // classes)) % DRUGS for n in range(count))
        return tuple(Drug(f"{kind}{n}", number, 1 + (5 * n) % 17) for n, number in enumerate(numbers))

    return Patient(dealt("draft-", drafts, 7), dealt("used-", used, 11))


PATIENTS = {
    "few (3 x 6)": patient(3, 6, CLASSES),
    "spread (30 x 60)": patient(DRAFTS, USED, CLASSES),
    "one class (30 x 60)": patient(DRAFTS, USED, 1),
}


def write_rulesets(folder: Path, rules: int) -> None:
    """Rulesets of 30 rules, three for each of ten classes, with the list of override reasons that goes with them."""
    for first in range(0, rules // 3, CLASSES):
        name, numbers = f"made-up-{first}", range(first, first + CLASSES)
        home = folder / name / "1.0.0"
        home.mkdir(parents=True)
        drugs = {
            n: "".join(
                _DRUG.format(code=FIRST_DRUG + drug, group=drug // 3) for drug in range(n * DRUGS, (n + 1) * DRUGS)
            )
            for n in numbers
        }
        text = stated._RULESET.format(
            name=name,
            sets="".join(_SETS.format(n=n, drugs=drugs[n]) for n in numbers),
            definitions="".join(_DEFINITIONS.format(n=n) for n in numbers),
            rules="".join(_RULES.format(n=n) for n in numbers),
        )
        (home / "ruleset.yaml").write_text(text, encoding="utf-8")
        (home / "DIGEST").write_text(f"sha256:{digest_of(home)}\n", encoding="ascii")
    shutil.copy(ROOT / "rulesets" / "override-reasons.yaml", folder)


def plan_of(rules: int, watch: Stopwatch) -> Plan:
    with tempfile.TemporaryDirectory() as folder:
        write_rulesets(Path(folder), rules)
        catalog, problems = load_catalog(Path(folder))
        errors = [str(problem) for problem in problems if problem.severity == "error"]
        assert not errors, errors[:3]
        found = [version for versions in catalog.versions.values() for version in versions]
        found.sort(key=lambda ruleset: int(ruleset.name.rpartition("-")[2]))
        return join(tuple(compile_ruleset(ruleset, watch.timed(make_engine())) for ruleset in found))


def record_of(told: Patient, plan: Plan, moment: Moment):
    person = {"resourceType": "Patient", "id": "bench", "gender": "female", "birthDate": "1948-03-09"}
    supplied = [Supplied(Template("Patient", "Patient", "", is_read=True), Supply.DATA, (person,))]
    requests = tuple(drug.resource("active") for drug in told.used)
    for name in ("MedicationRequest", "MedicationStatement", "MedicationDispense", "MedicationAdministration"):
        came = requests if name == "MedicationRequest" else ()
        supplied.append(Supplied(Template(name, name, ""), Supply.DATA, came))
    return read_record(
        hook="order-sign",
        patient_id="bench",
        encounter_id=None,
        drafts=[drug.resource("draft") for drug in told.drafts],
        selections=None,
        supplied=tuple(supplied),
        vocabulary=plan.vocabulary,
        moment=moment,
    )


def ours(plan: Plan, record, moment: Moment) -> set[Finding]:
    indexed = index_facts(plan, record)
    return {
        _finding(verdict.rule.id, verdict.subject.reference if verdict.subject else "")
        for number in indexed.running
        for verdict in judge_ruleset(plan, number, indexed, moment).rules
        if verdict.outcome == "fires"
    }


def _finding(rule: str, references: str) -> Finding:
    kind, _, number = rule.partition("-")
    return kind, int(number), frozenset(reference.partition("/")[2] for reference in references.split())


def plain(told: Patient, rules: int) -> set[Finding]:
    """The same rules as nested loops over what is known of each drug."""
    found: set[Finding] = set()
    for n in range(rules // 3):
        ordered = [drug for drug in told.drafts if drug.klass == n]
        used = [drug for drug in told.used if drug.klass == n]
        for drug in ordered:
            if drug.dose > LARGE:
                found.add(("large", n, frozenset((drug.name,))))
            for other in used:
                if drug.group == other.group:
                    found.add(("twice", n, frozenset((drug.name, other.name))))
        if ordered and sum(drug.dose for drug in (*ordered, *used)) >= MUCH:
            found.add(("much", n, frozenset()))
    return found


def by_size(rounds: int, moment: Moment) -> None:
    table: dict[str, dict[int, float]] = collections.defaultdict(dict)
    for size in SIZES:
        watch = Stopwatch()
        plan = plan_of(size, watch)
        records = {name: record_of(told, plan, moment) for name, told in PATIENTS.items()}
        settle()  # as the server does before its workers fork
        taken: dict[str, list[float]] = collections.defaultdict(list)
        for _ in range(rounds):
            for name, told in PATIENTS.items():
                judge = partial(ours, plan, records[name], moment)
                judge()  # the turn before was another's, and left the processor's caches full of its own
                watch.chained = 0.0
                found = _timed(taken[f"ours, {name}"], judge)
                taken[f"  of it chaining (wall), {name}"].append(watch.chained)
                wanted = _timed(taken[f"plain loops, {name}"], partial(plain, told, size))
                assert found == wanted, (name, size, found ^ wanted)
        for name, laps in taken.items():
            table[name][size] = statistics.median(laps)
        counts = {name: len(plain(told, size)) for name, told in PATIENTS.items()}
        print(f"{size} rules in {len(plan.parts)} rulesets; findings: {counts}")
        for part in plan.parts:
            part.engine.close()
    print(f"\nCPU microseconds a patient, medians of {rounds}".ljust(48) + "".join(f"{size:>10}" for size in SIZES))
    for name, row in table.items():
        print(name.ljust(47) + "".join(f"{row[size]:>10.0f}" for size in SIZES))
    for name in PATIENTS:
        row = table[f"ours, {name}"]
        print(f"{name}: 3,000 rules cost {row[3_000] / row[30]:.2f} times 30 rules (target 2)")


def _timed(laps: list[float], step: Callable[[], set[Finding]]) -> set[Finding]:
    start = time.thread_time_ns()
    found = step()
    laps.append((time.thread_time_ns() - start) / 1000)
    return found


# --- the published rulesets ----------------------------------------------------------------------


def body(drafts: int, used: int) -> bytes:
    """The stated request with other drugs: products of the table, taken from all over it."""
    with (ROOT / "cds" / "terminology" / "products.csv").open(encoding="utf-8", newline="") as file:
        tablets = [row for row in DictReader(file) if row["form_class"] == "oral-solid"]
    products = tablets[:: len(tablets) // 97]
    told = json.loads(stated.request())
    subject = {"reference": f"Patient/{told['context']['patientId']}"}

    def orders(kind: str, count: int, step: int, **more: str) -> Iterable[dict]:
        for n in range(count):
            product = products[step * n % len(products)]
            yield stated._order(f"{kind}-{n}", product["code"], product["name"], subject, times=1, **more)

    entries = [{"resource": order} for order in orders("draft", drafts, 1, status="draft", day="2026-05-01")]
    told["context"]["draftOrders"]["entry"] = entries
    active = list(orders("order", used, 7, status="active", day="2026-04-01"))
    told["prefetch"]["MedicationRequest"] = stated._searchset(active)
    return json.dumps(told, separators=(",", ":")).encode()


def published(rounds: int, moment: Moment) -> None:
    with tempfile.TemporaryDirectory() as folder:
        cache = JudgementCache(NullStore(), load_keys(None, Path(folder) / "state"))
        desk = Desk.open(ROOT / "rulesets", make_engine(), cache, NullRecorder(clock.now))
        settle()
        bodies = {f"{drafts} x {used}": body(drafts, used) for drafts, used in ((2, 6), (DRAFTS, USED))}
        taken: dict[str, list[float]] = collections.defaultdict(list)
        cards: dict[str, int] = {}
        for _ in range(rounds):
            for name, text in bodies.items():
                start = time.thread_time_ns()
                answer = desk.answer(stated.SERVICE, text, moment, pinned=True)
                taken[name].append((time.thread_time_ns() - start) / 1e6)
                cards[name] = len(json.loads(answer)["cards"])
        print("\nthe published rulesets at order-sign, the whole answer, CPU milliseconds")
        for name, laps in taken.items():
            middle, worst = statistics.median(laps), max(laps)
            print(f"  {name}: {len(bodies[name])} bytes, {cards[name]} cards, {middle:.1f} (most {worst:.1f})")
        desk.close()


def main(rounds: int) -> None:
    moment = moment_of(stated.MOMENT, Settings().timezone)
    assert moment is not None
    by_size(rounds, moment)
    published(rounds, moment)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 25)

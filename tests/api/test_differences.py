"""A difference of the two engines is an error answer, an entry on record, and a metric."""

from cds.api import create_app
from cds.decisions.desk import Desk
from cds.decisions.library import Library
from cds.metrics.prometheus import PrometheusMeter
from cds.records.frames import Kind
from cds.rules.catalog.load import Catalog
from cds.rules.engine.faults import EnginesDiffer
from cds.settings import Settings
from tests.conformance.told import asked, service
from tests.decisions.desk import cache
from tests.decisions.test_answer import Broken
from tests.feedback.test_taking import Memory
from tests.metrics.telling import shown
from tests.rules.judge.telling import rule, ruleset

RULESET = ruleset({"ordered": {"any": "order", "in": ["warfarin"]}}, {"r": rule(["ordered"])}, name="one")


def test_a_difference_is_an_error_answer_an_entry_on_record_and_a_metric():
    memory, meter = Memory(), PrometheusMeter()
    catalog = Catalog({"one": (RULESET,)}, {"declined": "Declined"})
    library = Library(catalog, lambda _: Broken(EnginesDiffer((1,))))
    desk = Desk(library, (service(RULESET, "order-sign"),), cache(), memory, meter=meter)
    response = asked(create_app(Settings(test_clock=True), desk, meter=meter).test_client(), "order-sign")
    assert (response.status_code, response.json["issue"][0]["code"]) == (500, "exception")
    ((kind, clear, _),) = memory.kept
    assert kind is Kind.REFUSALS
    (refused,) = clear["refusals"]
    assert (refused["status"], refused["fault"], refused["service"]) == (500, "EnginesDiffer", "told")
    counted = shown(meter)
    assert counted['cds_cross_check_differences_total{hook="order-sign",service="told"}'] == 1
    assert counted['cds_refusals_total{fault="EnginesDiffer"}'] == 1
    assert counted['cds_request_seconds_count{kind="hook",service="told",status="500"}'] == 1

"""HealthChain's SandboxClient as the client of a user: discovery, a call, cards, a suggestion taken, feedback.

tests/clients/test_healthchain.py starts it with the Python of an environment that has HealthChain.

    python drive.py < plan.json

plan: ``base`` of the service, ``patient`` (id), ``prefetch`` of a patient-view call, ``service`` that answers it,
``signing`` (a service of order-sign), ``draftOrders``, ``comment``. Prints one JSON object of what came.
"""

import json
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from healthchain.fhir import create_value_quantity_observation
from healthchain.fhir.readers import create_resource_from_dict
from healthchain.fhir.validation import validate_resource
from healthchain.models import CDSRequest, CDSResponse
from healthchain.models.responses.cdsdiscovery import CDSServiceInformation
from healthchain.models.responses.cdsfeedback import CDSFeedback, OverrideReason
from healthchain.sandbox import SandboxClient
from healthchain.sandbox.requestconstructors import CdsRequestConstructor
from pydantic import ValidationError

HBA1C = "4548-4"


class User:
    """Somebody who works with HealthChain."""

    def __init__(self, plan: dict[str, Any]) -> None:
        self.plan = plan

    def views(self, prefetch: dict[str, Any]) -> dict[str, Any]:
        """The answer to patient-view, as the SDK hands it on."""
        client = SandboxClient(url=self._at(self.plan["service"]), workflow="patient-view")
        context = {"patientId": self.plan["patient"], "userId": "Practitioner/hc"}
        made = CdsRequestConstructor().construct_request(prefetch, client.workflow, context)
        return self._sent(client, made)

    def signs(self) -> tuple[list[str], dict[str, Any]]:
        """What is left of the context on the wire, and the answer."""
        client = SandboxClient(url=self._at(self.plan["signing"]), workflow="order-sign")
        context = {"patientId": self.plan["patient"], "userId": "Practitioner/hc"}
        context |= {"draftOrders": self.plan["draftOrders"]}
        made = CdsRequestConstructor().construct_request(self.plan["prefetch"], client.workflow, context)
        wire = made.model_dump(exclude_none=True, mode="json")
        return sorted(wire["context"]), self._sent(client, made)

    def tries_synthetic_data(self) -> list[dict[str, Any]]:
        """Its generated patients: keys of their own, and another patient than the context's."""
        client = SandboxClient(url=self._at(self.plan["service"]), workflow="patient-view")
        return client.load_synthetic(n=2, random_seed=7).send_requests()

    def discovers(self) -> Any:
        told = httpx.get(f"{self.plan['base']}/cds-services").raise_for_status().json()
        return CDSServiceInformation(**told).model_dump(exclude_none=True)

    def reports(self, card: dict[str, Any], outcome: dict[str, Any]) -> Any:
        """It has a model of feedback and nothing that sends it."""
        now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        mine = CDSFeedback(card=card["uuid"], outcome=outcome["outcome"], outcomeTimestamp=now)
        item = mine.model_dump(mode="json", exclude_none=True) | outcome
        return httpx.post(f"{self._at(self.plan['service'])}/feedback", json={"feedback": [item]}).json()

    def _at(self, service: str) -> str:
        return f"{self.plan['base']}/cds-services/{service}"

    @staticmethod
    def _sent(client: SandboxClient, request: CDSRequest) -> dict[str, Any]:
        client.requests.append(request)
        (answer,) = client.send_requests()
        return answer


def read_by_its_model(answer: dict[str, Any]) -> list[str]:
    """The members that HealthChain's strict model of an answer misses or refuses."""
    try:
        CDSResponse(**answer)
    except ValidationError as fault:
        return sorted({str(error["loc"][-1]) for error in fault.errors()})
    return []


def with_its_spelling(answer: dict[str, Any]) -> dict[str, Any]:
    """The answer with the one member that its model demands and the guide spells otherwise."""
    cards = [
        {**card, "links": [{**link, "autoLaunchable": None} for link in card["links"]]} if "links" in card else card
        for card in answer["cards"]
    ]
    return {**answer, "cards": cards}


def main(plan: dict[str, Any]) -> dict[str, Any]:
    """All of it."""
    user = User(plan)
    answer = user.views(plan["prefetch"])
    due = next(card for card in answer["cards"] if "HbA1c" in card["summary"])
    other = next(card for card in answer["cards"] if card is not due)
    (suggestion,) = due["suggestions"]
    (action,) = suggestion["actions"]
    order = create_resource_from_dict(action["resource"], action["resource"]["resourceType"], raise_on_error=True)
    accepted = user.reports(due, {"outcome": "accepted", "acceptedSuggestions": [{"id": suggestion["uuid"]}]})
    chosen = OverrideReason(reason=other["overrideReasons"][0], userComment=plan["comment"])
    overridden = user.reports(
        other, {"outcome": "overridden", "overrideReason": chosen.model_dump(mode="json", exclude_none=True)}
    )
    # The order was carried out: its result is on record the next time.
    result = create_value_quantity_observation(
        code=HBA1C,
        value=6.4,
        unit="%",
        subject=f"Patient/{plan['patient']}",
        effective_datetime=(datetime.now(UTC) - timedelta(hours=1)).isoformat(timespec="seconds"),
    )
    bundle = {"resourceType": "Bundle", "type": "searchset", "total": 1}
    bundle["entry"] = [{"resource": json.loads(result.model_dump_json(exclude_none=True))}]
    wire, signed = user.signs()
    return {
        "discovery": user.discovers(),
        "answer": answer,
        "refused": read_by_its_model(answer),
        "refused-but-for-the-spelling": read_by_its_model(with_its_spelling(answer)),
        "due": due,
        "other": other,
        "order": json.loads(order.model_dump_json(exclude_none=True)),
        "order-is-valid": validate_resource(action["resource"]).valid,
        "accepted": accepted,
        "overridden": overridden,
        "after": user.views({**plan["prefetch"], "Observation": bundle}),
        "wire": wire,
        "signed": signed,
        "synthetic": user.tries_synthetic_data(),
    }


if __name__ == "__main__":
    print(json.dumps(main(json.load(sys.stdin))))

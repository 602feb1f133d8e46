"""Drives HealthChain's SandboxClient against a running service.

    pip install "healthchain[sandbox]==0.16.1"     (in an environment of its own)
    python healthchain_client.py http://127.0.0.1:8000/cds-services/SERVICE REQUEST.json

REQUEST.json is a hook call (tests/journeys/requests), sent as HealthChain would.
"""

import json
import sys
from pathlib import Path

from healthchain.models import CDSRequest, CDSResponse
from healthchain.sandbox import SandboxClient
from pydantic import ValidationError


def main(url: str, file: str) -> None:
    """Send the call, show what came, and whether HealthChain's own model of an answer takes it."""
    told = json.loads(Path(file).read_text(encoding="utf-8"))
    client = SandboxClient(url=url, workflow=told["hook"])
    request = CDSRequest(hook=told["hook"], context=told["context"], prefetch=told["prefetch"])
    client.requests.append(request)
    print("context on the wire:", sorted(json.loads(request.model_dump_json())["context"]))
    for answer in client.send_requests():
        print([f"{card['indicator']}: {card['summary']}" for card in answer.get("cards", [])])
        try:
            CDSResponse(**answer)
        except ValidationError as fault:
            print("refused by its model:", sorted({str(error["loc"][-1]) for error in fault.errors()}))


if __name__ == "__main__":
    main(*sys.argv[1:])

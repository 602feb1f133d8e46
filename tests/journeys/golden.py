"""Request files to answer files. ``python -m tests.journeys.golden`` writes the answers anew; then review the diff.

An answer is kept readable: digests and uuids, which change with every edit of a ruleset, are numbered by first
appearance, so that two that are equal or differ in the answer still do so in the file. A newest version is called that:
one that is published anew changes a file only where it changes an answer.
"""

import json
import re
from pathlib import Path
from typing import Any

from tests.journeys.service import client
from tests.published.newest import newest, number

HERE = Path(__file__).parent
REQUESTS = sorted((HERE / "requests").glob("*.json"))
MOMENT = "2026-05-01T12:00:00Z"
_NAMES = {
    "uuid": re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b"),
    "digest": re.compile(r"\b[0-9a-f]{64}\b"),
}


def answered(request: Path) -> dict[str, Any]:
    """The status and the body that the application gives for a request file, as they are kept."""
    body = request.read_bytes()
    service = service_of(json.loads(body)["hook"])
    response = client().post(
        f"/cds-services/{service}", data=body, content_type="application/json", headers={"CDS-Now": MOMENT}
    )
    return {"status": response.status_code, "body": unversioned(json.loads(numbered(response.get_data(as_text=True))))}


def service_of(hook: str) -> str:
    services = json.loads(client().get("/cds-services").data)["services"]
    return next(service["id"] for service in services if service["hook"] == hook)


def numbered(text: str) -> str:
    for word, pattern in _NAMES.items():
        seen: dict[str, str] = {}
        text = pattern.sub(lambda m, s=seen, w=word: s.setdefault(m[0], f"<{w} {len(s) + 1}>"), text)
    return text


def unversioned(node: Any) -> Any:
    """The same with ``newest`` for the version of every ruleset that is named in its newest one."""
    if isinstance(node, list):
        return [unversioned(each) for each in node]
    if not isinstance(node, dict):
        return node
    told = {key: unversioned(value) for key, value in node.items()}
    name, _, version = str(node.get("ruleset", "")).partition("@")
    if version and f"{name}@{version}" == newest(name):
        return told | {"ruleset": f"{name}@newest"}
    if name and node.get("version") == number(name):
        return told | {"version": "newest"}
    return told


def answer_file(request: Path) -> Path:
    return HERE / "answers" / request.name


def written(answer: dict[str, Any]) -> str:
    return json.dumps(answer, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    for file in REQUESTS:
        answer_file(file).write_text(written(answered(file)), encoding="utf-8")

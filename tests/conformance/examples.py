"""The shared specification examples, found beside the repository; tests that need them are skipped without them."""

import base64
import json
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[3] / "shared" / "spec" / "examples"
MISSING = "the specification examples (../shared/spec/examples) are not beside this repository"
needs_examples = pytest.mark.skipif(not FOLDER.is_dir(), reason=MISSING)


def entries(*kinds):
    """The entries of these kinds as pytest parameters, named by example and requirement."""
    if not FOLDER.is_dir():
        return []
    index = json.loads((FOLDER / "index.json").read_bytes())["entries"]
    return [pytest.param(entry, id=f"{entry['rule']}-{entry['id']}") for entry in index if entry["kind"] in kinds]


def body_of(entry):
    if "file" in entry:
        return (FOLDER / entry["file"]).read_bytes()
    if "body_base64" in entry:
        return base64.b64decode(entry["body_base64"])
    return entry.get("body_text", "").encode()

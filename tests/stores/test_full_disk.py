"""A disk without room, under the whole service: a call is recorded and answered, or refused with its reason."""

import json
import resource
import subprocess
import urllib.error
import uuid

import pytest

from tests.stores.served import EXAMPLE, serving

pytestmark = pytest.mark.stores

#: Bytes that a file may have: less than any record file or database has already.
_FULL = 1000
_NOW = {"outcome": "overridden", "outcomeTimestamp": "2026-05-01T10:05:31Z"}


def limit(service, most):
    """As a full disk, for the files of every process of the service."""
    told = subprocess.run(["pgrep", "-P", str(service.process.pid)], capture_output=True, text=True, check=True)
    for process in map(int, told.stdout.split()):
        resource.prlimit(process, resource.RLIMIT_FSIZE, (most, resource.RLIM_INFINITY))


def refusal(service, path, body):
    with pytest.raises(urllib.error.HTTPError) as refused:
        service.post(path, body)
    with refused.value as answer:
        return answer.code, json.loads(answer.read())["issue"][0]["details"]["text"]


def test_calls_are_refused_while_they_cannot_be_recorded_and_none_that_was_answered_is_lost(tmp_path):
    with serving(tmp_path / "state", CDS_DEADLINE_MS="10000") as service:
        answered = {service.ask()[0] for _ in range(4)}
        workers = service.workers()
        limit(service, _FULL)
        for _ in range(8):
            status, text = refusal(service, "", {**EXAMPLE, "hookInstance": str(uuid.uuid4())})
            assert (status, text.split(",")[0]) == (503, "This could not be recorded")
        assert refusal(service, "/feedback", {"feedback": [{"card": "x", **_NOW}]})[0] == 503
        assert service.workers() == workers  # nobody was killed
        limit(service, resource.RLIM_INFINITY)
        answered |= {service.ask()[0] for _ in range(4)}
        assert service.stop() == 0
        assert service.recorded() == answered

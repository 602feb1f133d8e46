"""``cds serve`` with tokens, as an operator starts it: two workers, the embedded servers, the token lab."""

import json
import os
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from cds.cache.embedded import find_binary
from tests.stores.servers import missing

pytestmark = pytest.mark.stores
ROOT = Path(__file__).parents[2]


def cds(*words: str) -> list[str]:
    return [sys.executable, "-m", "cds", *words]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    if find_binary() is None:
        missing("the embedded server cannot run on this machine")
    folder = tmp_path_factory.mktemp("served")
    subprocess.run(cds("tokens", "lab", str(folder / "lab")), check=True, cwd=ROOT, capture_output=True)
    url = f"http://127.0.0.1:{free_port()}"
    told = {
        "CDS_PORT": url.rpartition(":")[2],
        "CDS_AUTH": "jwt",
        "CDS_PUBLIC_URL": url,
        "CDS_CLIENTS": str(folder / "lab" / "clients.yaml"),
        "CDS_STATE": str(folder / "state"),
        "CDS_RULESETS": str(ROOT / "rulesets"),
        "CDS_ENGINE": "reference",
    }
    with subprocess.Popen(
        cds("serve"), cwd=ROOT, env={**os.environ, **told}, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert url in process.stdout.readline()
            yield url, str(folder / "lab" / "lab-key.json")
        finally:
            process.terminate()
            process.stdout.read()
            process.wait(30)


def test_every_attempt_of_the_lab_comes_out_as_hoped(base):
    url, key = base
    ran = subprocess.run(
        cds("tokens", "try", url, "--key", key, "--json"), cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert [each for each in json.loads(ran.stdout)["result"]["attempts"] if not each["asHoped"]] == []
    assert ran.returncode == 0


@pytest.mark.requirement("JWT-10")
def test_of_many_calls_with_one_token_one_is_let_in_whichever_worker_they_meet(base):
    url, key = base
    made = cds("tokens", "make", f"{url}/cds-services", "--key", key)
    token = subprocess.run(made, cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()

    def call(_):
        request = Request(f"{url}/cds-services", headers={"Authorization": f"Bearer {token}"})  # noqa: S310 - our own
        try:
            with urlopen(request, timeout=20) as response:  # noqa: S310 - our own
                return response.status
        except HTTPError as refused:
            with refused:
                return refused.code

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(call, range(24))) == [200] + [401] * 23

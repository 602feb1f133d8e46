import os
import re
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from cds.api import serving

ROOT = Path(__file__).parents[2]
PROGRAM = """
import os
from cds.api.desk import ClosedDesk
from cds.api.serving import serve
from cds.settings import read_settings
say = lambda text: print(text, flush=True)
serve(
    read_settings({"CDS_PORT": "0", "CDS_WORKERS": "1"}),
    ClosedDesk,
    announce=lambda url: say("at " + url),
    start=[lambda: say("start " + os.environ["MALLOC_TRIM_THRESHOLD_"])],
    stop=[lambda: say("stop"), lambda: say("stop last started first")],
    after_fork=[lambda: say("forked")],
)
"""


def test_it_restarts_once_with_the_memory_settings_and_keeps_the_operators():
    seen = []
    serving.restart_with_malloc_settings(lambda *a: seen.append(a), {"MALLOC_TRIM_THRESHOLD_": "1", "X": "y"})
    ((program, arguments, environ),) = seen
    assert program == sys.executable
    assert arguments[1:] == sys.orig_argv[1:]
    assert environ == {**serving.MALLOC, "MALLOC_TRIM_THRESHOLD_": "1", "X": "y"}


def test_it_does_not_restart_again():
    serving.restart_with_malloc_settings(lambda *_: pytest.fail("restarted"), dict(serving.MALLOC))


def test_it_serves_announces_and_stops_what_it_started_once(tmp_path):
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    environ = {name: value for name, value in os.environ.items() if name not in serving.MALLOC}
    environ["PYTHONPATH"] = str(ROOT)  # this code, and not another that is installed
    with subprocess.Popen([sys.executable, str(program)], stdout=subprocess.PIPE, text=True, env=environ) as process:
        try:
            said = [process.stdout.readline().strip() for _ in range(3)]
            assert said[0] == "start 268435456"
            url = re.fullmatch(r"at (http://127\.0\.0\.1:\d+)", said[1])[1]
            assert said[2] == "forked"
            with urllib.request.urlopen(f"{url}/cds-services/", timeout=10) as response:  # noqa: S310 - our own http URL, matched above
                assert response.read() == b'{"services":[]}'
        finally:
            process.send_signal(signal.SIGTERM)
        assert process.stdout.read().splitlines() == ["stop last started first", "stop"]
        assert process.wait(20) == 0

"""New connections go to the worker that has fewest; who ended counts no more."""

import json
import os
import re
import signal
import subprocess
import sys
from collections import Counter
from contextlib import ExitStack, closing
from http.client import HTTPConnection

from cds.api.balance import OpenConnections

PROGRAM = """
import os
from cds.api.serving import serve
from cds.settings import read_settings
from tests.api.desks import FakeDesk

class Telling(FakeDesk):
    def answer(self, *arguments, **options):
        return b'{"cards": [], "worker": %d}' % os.getpid()

settings = read_settings({"CDS_PORT": "0", "CDS_WORKERS": "2", "CDS_DEADLINE_MS": "60000"})
serve(settings, Telling, announce=lambda url: print(url, flush=True))
"""
PATH = "/cds-services/patient-view"


def test_who_has_as_few_as_any_other_takes_the_next():
    counts = OpenConnections()
    assert counts.is_least(1, 100)
    counts.tell(1, 3)
    counts.tell(2, 2)
    assert counts.is_least(2, 2)
    assert not counts.is_least(1, 3)
    assert counts.is_least(1, 2)


def test_who_has_ended_counts_no_more_and_ages_do_not_clash():
    counts = OpenConnections()
    counts.tell(7, 0)
    assert not counts.is_least(8, 1)
    counts.leave(7)
    assert counts.is_least(8, 1)
    counts.tell(100_000, 0)
    assert not counts.is_least(8, 1)


def test_what_one_process_tells_another_sees():
    counts = OpenConnections()
    child = os.fork()
    if child == 0:
        counts.tell(1, 5)
        os._exit(0)
    os.waitpid(child, 0)
    assert not counts.is_least(2, 6)


def asked(port, number):
    """How many of so many connections, all open at once, each worker has."""
    with ExitStack() as stack:
        made = [stack.enter_context(closing(HTTPConnection("127.0.0.1", port, timeout=30))) for _ in range(number)]
        return Counter(worker_of(connection) for connection in made)


def worker_of(connection):
    connection.request("POST", PATH, b"{}", {"Content-Type": "application/json"})
    return json.loads(connection.getresponse().read())["worker"]


def workers_at(port, but=None):
    """Both workers, once both are there."""
    while len(found := set(asked(port, 4))) < 2 or but in found:
        pass
    return found


def test_connections_that_stay_open_are_shared_out_and_a_killed_workers_place_is_taken():
    with subprocess.Popen([sys.executable, "-c", PROGRAM], stdout=subprocess.PIPE, text=True) as process:
        try:
            port = int(re.search(r":(\d+)$", process.stdout.readline().strip())[1])
            killed = min(workers_at(port))
            assert min(asked(port, 12).values()) >= 3
            os.kill(killed, signal.SIGKILL)
            workers_at(port, but=killed)
            assert min(asked(port, 12).values()) >= 3
        finally:
            process.send_signal(signal.SIGTERM)
            process.stdout.read()
            process.wait(30)

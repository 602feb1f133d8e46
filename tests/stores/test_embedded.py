"""The embedded server as a process: private, without disk or port, and gone with its parent."""

import os
import signal
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from structlog.testing import capture_logs

from cds.cache.embedded import EmbeddedServer, find_binary
from cds.cache.redis_store import connect
from tests.stores.servers import ends_soon, is_alive, missing

pytestmark = pytest.mark.stores

PATIENT = {"answer_seconds": 2.0, "connect_seconds": 2.0}


def started(state: Path) -> EmbeddedServer:
    server = EmbeddedServer.start(state)
    if server is None:
        missing("the embedded server cannot run on this machine")
    assert server is not None
    return server


def socket_of(server: EmbeddedServer) -> Path:
    return Path(server.url.removeprefix("unix://"))


@pytest.fixture
def server(tmp_path: Path) -> Iterator[EmbeddedServer]:
    server = started(tmp_path / "var")
    yield server
    server.stop()


def test_it_answers_and_ends_when_told(server):
    assert server.is_running()
    server.stop()
    assert not server.is_running()
    assert not is_alive(server.process_id)
    assert not socket_of(server).exists()
    server.stop()


def test_one_that_must_not_forget_refuses_rather_than_evict(tmp_path):
    server = EmbeddedServer.start(tmp_path / "var", forgets=False)
    if server is None:
        missing("the embedded server cannot run on this machine")
        return
    try:
        with redis.Redis(unix_socket_path=str(socket_of(server)), protocol=2) as client:
            assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
            assert int(client.config_get("maxmemory")["maxmemory"]) == 32 * 1024 * 1024
    finally:
        server.stop()


def test_nobody_else_can_reach_its_socket(server):
    path = socket_of(server)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_it_listens_on_no_port_keeps_nothing_on_disk_and_its_memory_is_bounded(server, tmp_path):
    with redis.Redis(unix_socket_path=str(socket_of(server)), protocol=2) as client:
        client.set("key", "value")
        wanted = {"port": "0", "save": "", "appendonly": "no", "slowlog-log-slower-than": "-1"}
        assert {name: client.config_get(name)[name] for name in wanted} == wanted
        assert client.config_get("maxmemory")["maxmemory"] == str(64 * 1024 * 1024)
        assert client.config_get("maxmemory-policy")["maxmemory-policy"] == "allkeys-lru"
    server.stop()
    assert list((tmp_path / "var").iterdir()) == []


def test_in_a_state_folder_that_others_may_enter_the_socket_is_still_private(tmp_path):
    state = tmp_path / "var"
    state.mkdir(mode=0o755)
    state.chmod(0o755)
    server = started(state)
    assert stat.S_IMODE(socket_of(server).parent.stat().st_mode) == 0o700
    assert stat.S_IMODE(state.stat().st_mode) == 0o755
    server.stop()


def test_two_services_do_not_clash(tmp_path):
    first, second = started(tmp_path / "a"), started(tmp_path / "b")
    here, there = connect(first.url, **PATIENT), connect(second.url, **PATIENT)
    here.put(b"key", b"here", 60)
    assert there.get(b"key") is None
    first.stop()
    assert second.is_running()
    second.stop()
    here.close()
    there.close()


def test_two_services_of_one_state_folder_do_not_clash_either(tmp_path):
    first, second = started(tmp_path), started(tmp_path)
    assert first.url != second.url
    assert first.is_running()
    first.stop()
    assert second.is_running()
    second.stop()


def test_a_stale_socket_is_removed_and_a_used_one_is_not(tmp_path):
    first = started(tmp_path)
    os.kill(first.process_id, signal.SIGKILL)
    assert ends_soon(first.process_id)
    assert socket_of(first).exists()
    second = started(tmp_path)
    third = started(tmp_path)
    assert not socket_of(first).exists()
    assert second.is_running()
    for server in (first, second, third):
        server.stop()


def test_a_state_folder_with_a_long_name_still_gets_a_private_socket(tmp_path):
    server = started(tmp_path / ("long" * 30))
    path = socket_of(server)
    assert len(os.fsencode(path)) < 104
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    server.stop()
    assert not path.parent.exists()


def test_a_folder_name_with_odd_characters_can_be_connected_to(tmp_path):
    server = started(tmp_path / "a b%20?ü#")
    store = connect(server.url, **PATIENT)
    store.put(b"key", b"value", 60)
    assert store.get(b"key") == b"value"
    store.close()
    server.stop()


@pytest.mark.parametrize("binary", ["/bin/false", "/no/such/binary", "/etc/passwd", "/bin/true"])
def test_where_the_binary_cannot_run_there_is_no_server(tmp_path, binary):
    with capture_logs() as logs:
        assert EmbeddedServer.start(tmp_path, Path(binary)) is None
    assert [entry["event"] for entry in logs] == ["embedded_cache_absent"]
    assert list(tmp_path.iterdir()) == []


def test_where_the_state_folder_cannot_be_made_there_is_no_server(tmp_path):
    (tmp_path / "file").write_text("")
    assert EmbeddedServer.start(tmp_path / "file" / "var", find_binary() or Path("/bin/false")) is None


def test_it_does_not_start_from_a_thread_with_whose_end_it_would_die(tmp_path):
    answers: list[EmbeddedServer | None] = []
    thread = threading.Thread(target=lambda: answers.append(EmbeddedServer.start(tmp_path)))
    thread.start()
    thread.join()
    assert answers == [None]


def test_a_forked_worker_that_ends_leaves_it_running(server):
    worker = os.fork()
    if worker == 0:  # as a worker would at its end: stop() by atexit, then leave
        server.stop()
        os._exit(0)
    os.waitpid(worker, 0)
    assert server.is_running()


PARENT = """
import sys, time
from pathlib import Path
from cds.cache.embedded import EmbeddedServer
server = EmbeddedServer.start(Path(sys.argv[1]))
print(server.process_id if server else 0, flush=True)
sys.stdin.readline()
"""


def parent_of_a_server(state: Path) -> tuple["subprocess.Popen[str]", int]:
    pipe = subprocess.PIPE
    parent = subprocess.Popen([sys.executable, "-c", PARENT, str(state)], stdin=pipe, stdout=pipe, text=True)
    assert parent.stdout is not None
    server = int(parent.stdout.readline())
    if server == 0:
        missing("the embedded server cannot run on this machine")
    return parent, server


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child of its parent's end")
def test_it_dies_with_its_parent_even_when_that_is_killed(tmp_path):
    parent, server = parent_of_a_server(tmp_path)
    with parent:
        assert is_alive(server)
        parent.kill()
    assert ends_soon(server)


def test_it_ends_when_its_parent_ends_in_the_ordinary_way(tmp_path):
    parent, server = parent_of_a_server(tmp_path)
    with parent:
        parent.communicate("done\n")
    assert ends_soon(server)
    assert list(tmp_path.iterdir()) == []


def test_ctrl_c_for_the_service_does_not_reach_it(server):
    assert os.getpgid(server.process_id) != os.getpgid(0)

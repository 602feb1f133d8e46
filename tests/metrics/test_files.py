import errno
import os
import stat
import subprocess
from pathlib import Path

from cds.metrics.files import VARIABLE, make_room, open_folder, remove_folder


def test_a_folder_of_ours_is_empty_private_and_named_to_the_library(tmp_path, monkeypatch):
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.setitem(os.environ, VARIABLE, "")  # so that what is named is taken back after the test
    left = tmp_path / "metrics" / str(os.getpid())
    left.mkdir(parents=True)
    (left / "counter_1.db").write_bytes(b"of a process of this number, long ago")
    folder = open_folder(tmp_path)
    assert list(folder.iterdir()) == []
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert os.environ[VARIABLE] == str(folder)


def test_folders_of_processes_that_are_gone_are_removed_and_of_others_kept(tmp_path, monkeypatch):
    monkeypatch.setenv(VARIABLE, "")
    with subprocess.Popen(["/bin/true"]) as gone:
        gone.wait()
    for process in (gone.pid, os.getppid()):
        (tmp_path / "metrics" / str(process)).mkdir(parents=True)
    open_folder(tmp_path)
    assert {folder.name for folder in (tmp_path / "metrics").iterdir()} == {str(os.getpid()), str(os.getppid())}


def test_a_folder_that_the_operator_named_is_taken_and_not_removed(tmp_path, monkeypatch):
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    assert open_folder(tmp_path / "state") == tmp_path
    remove_folder(tmp_path / "state")
    assert tmp_path.is_dir()


def test_at_the_end_our_folder_is_removed(tmp_path, monkeypatch):
    monkeypatch.setenv(VARIABLE, "")
    folder = open_folder(tmp_path)
    remove_folder(tmp_path)
    assert not folder.exists()


def test_files_of_counts_have_their_room_on_the_disk_before_anything_is_counted(tmp_path):
    assert make_room(tmp_path, 7)
    assert {file.name for file in tmp_path.iterdir()} == {"counter_7.db", "histogram_7.db"}
    assert all(file.stat().st_blocks * 512 >= file.stat().st_size > 0 for file in tmp_path.iterdir())
    (tmp_path / "counter_7.db").write_bytes(b"counted in")
    assert make_room(tmp_path, 7)
    assert (tmp_path / "counter_7.db").read_bytes() == b"counted in"


def test_where_there_is_no_room_none_is_left_half_made(tmp_path, monkeypatch):
    def full(self, content):
        self.touch()
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(Path, "write_bytes", full)
    assert not make_room(tmp_path, 7)
    assert list(tmp_path.iterdir()) == []

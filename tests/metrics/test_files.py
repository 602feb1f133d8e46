import os
import stat
import subprocess

from cds.metrics.files import VARIABLE, open_folder, remove_folder


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

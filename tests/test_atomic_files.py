"""Files are written whole or not at all, for their owner alone, and never through a link."""

from __future__ import annotations

import os
import resource
import stat
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from errno import EFBIG, ELOOP
from pathlib import Path

import pytest

from sync.atomic_files import COMMON, keep_private, write_new, write_whole

Writer = Callable[[Path, bytes], None]
BOTH = pytest.mark.parametrize("write", [write_whole, write_new], ids=lambda write: str(write.__name__))


@contextmanager
def little_room(most: int) -> Iterator[None]:
    """Let no file grow beyond so many bytes, as on a disk that is nearly full."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def mode(file: Path) -> int:
    return stat.S_IMODE(file.stat().st_mode)


@BOTH
def test_a_disk_that_fills_up_leaves_no_half_file(tmp_path: Path, write: Writer) -> None:
    with little_room(1000), pytest.raises(OSError) as info:
        write(tmp_path / "plan.json", b"x" * 100_000)
    assert info.value.errno == EFBIG
    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_fills_up_leaves_what_was_there(tmp_path: Path) -> None:
    file = tmp_path / "plan.json"
    file.write_bytes(b"last week's")
    with little_room(1000), pytest.raises(OSError):
        write_whole(file, b"x" * 100_000)
    assert [(one.name, one.read_bytes()) for one in tmp_path.iterdir()] == [("plan.json", b"last week's")]


def test_a_new_file_is_for_its_owner_alone_and_one_to_pass_on_is_not(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        write_whole(tmp_path / "plan.json", b"1")
        write_new(tmp_path / "template.xlsx", b"2", COMMON)
    finally:
        os.umask(before)
    assert mode(tmp_path / "plan.json") == 0o600
    assert mode(tmp_path / "template.xlsx") == 0o644


@pytest.mark.parametrize("held", [0o600, 0o640, 0o644, 0o664])
def test_a_file_that_is_there_keeps_its_mode(tmp_path: Path, held: int) -> None:
    file = tmp_path / "plan.json"
    file.write_bytes(b"1")
    file.chmod(held)
    write_whole(file, b"2")
    assert (file.read_bytes(), mode(file)) == (b"2", held)


@pytest.mark.parametrize("dangling", [False, True])
def test_nothing_is_written_through_a_link(tmp_path: Path, dangling: bool) -> None:
    other = tmp_path / "precious.txt"
    if not dangling:
        other.write_bytes(b"precious")
    link = tmp_path / "plan.json"
    link.symlink_to(other)
    with pytest.raises(OSError) as info:
        write_whole(link, b"1")
    assert info.value.errno == ELOOP
    with pytest.raises(FileExistsError):
        write_new(link, b"1")
    assert link.is_symlink()
    assert other.exists() is not dangling
    assert dangling or other.read_bytes() == b"precious"


def test_a_device_or_a_pipe_is_written_as_it_is(tmp_path: Path) -> None:
    write_whole(Path(os.devnull), b"1")
    assert stat.S_ISCHR(Path(os.devnull).stat().st_mode)
    pipe, link = tmp_path / "pipe", tmp_path / "stdout"
    os.mkfifo(pipe)
    link.symlink_to(pipe)
    got: list[bytes] = []
    reading = threading.Thread(target=lambda: got.append(pipe.read_bytes()))
    reading.start()
    write_whole(link, b"to the reader")
    reading.join(timeout=10)
    assert got == [b"to the reader"]


def test_a_file_that_is_there_is_never_a_new_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "out.xlsx"
    file.write_bytes(b"a week's work")
    with pytest.raises(FileExistsError):
        write_new(file, b"1")

    def no_names(*_: object) -> None:
        raise PermissionError

    # As on a file system that knows no second names.
    monkeypatch.setattr(os, "link", no_names)
    with pytest.raises(FileExistsError):
        write_new(file, b"1")
    assert file.read_bytes() == b"a week's work"
    write_new(tmp_path / "other.xlsx", b"1")
    assert (tmp_path / "other.xlsx").read_bytes() == b"1"
    assert sorted(one.name for one in tmp_path.iterdir()) == ["other.xlsx", "out.xlsx"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everything")
def test_a_locked_file_stays(tmp_path: Path) -> None:
    file = tmp_path / "plan.json"
    file.write_bytes(b"locked")
    file.chmod(0o400)
    with pytest.raises(PermissionError):
        write_whole(file, b"1")


@pytest.mark.parametrize(
    ("before", "after"), [(0o644, 0o600), (0o640, 0o600), (0o600, 0o600), (0o660, 0o660), (0o666, 0o666)]
)
def test_what_only_its_owner_writes_is_his_alone(tmp_path: Path, before: int, after: int) -> None:
    file = tmp_path / "state.db"
    file.touch()
    file.chmod(before)
    keep_private(file)
    assert mode(file) == after
    keep_private(tmp_path / "nothing.db")

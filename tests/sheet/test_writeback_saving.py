"""The file in its folder: replaced in one step, and nothing left beside it that nobody needs."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import IO

import pytest

from sync.call import Result, RowResult
from sync.sheet.read import read_sheet
from sync.sheet.writeback import Written, write_back
from tests.sheet.packages import ITEM, KEY, package, worksheet

RESULT = RowResult(2, "A-1", Result.DONE)
TO_BE_KILLED = """
import sys
from pathlib import Path
from sync.sheet import writeback
from tests.sheet.test_writeback_saving import put
fill = writeback.fill
def wait(*asked):
    filled = fill(*asked)
    print("filled", flush=True)
    sys.stdin.read()
    return filled
writeback.fill = wait
put(Path(sys.argv[1]))
"""


def put(path: Path) -> Written:
    return write_back(path, read_sheet(path).layout, [RESULT], "zh")


def names(folder: Path) -> Sequence[str]:
    return sorted(file.name for file in folder.iterdir())


def kill_while_writing(path: Path) -> Path:
    """Let a process write back, and kill it before it has replaced the file; returns what it leaves behind."""
    before = set(path.parent.iterdir())
    command = [sys.executable, "-c", TO_BE_KILLED, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "filled\n"
        process.kill()
    (left,) = set(path.parent.iterdir()) - before
    return left


def test_what_a_killed_process_left_is_removed_once_it_is_surely_dead(tmp_path: Path) -> None:
    path = package(tmp_path / "周表.xlsx")
    other = tmp_path / ".itemsync-demo"
    other.touch()
    os.utime(other, (0, 0))
    left = kill_while_writing(path)
    put(path)
    assert names(tmp_path) == sorted([left.name, other.name, "周表.bak.xlsx", "周表.xlsx"])
    an_hour_ago = path.stat().st_mtime - 3700
    os.utime(left, (an_hour_ago, an_hour_ago))
    put(path)
    assert left.name not in names(tmp_path)
    assert other.name in names(tmp_path)


def half(source: IO[bytes], target: IO[bytes]) -> None:
    """Copy as a disk does that is full by then."""
    content = source.read()
    target.write(content[: len(content) // 2])
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_full_disk_leaves_the_copy_that_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = package(tmp_path / "周表.xlsx")
    kept = put(path).backup
    assert kept is not None
    before = path.read_bytes(), kept.read_bytes()
    monkeypatch.setattr(shutil, "copyfileobj", half)
    assert put(path).fallback
    assert (path.read_bytes(), kept.read_bytes()) == before
    assert names(tmp_path) == ["周表.bak.xlsx", "周表.results.xlsx", "周表.xlsx"]


DAYS = [1_700_000_000 + 86_400 * day for day in range(8)]


def test_the_last_five_copies_are_kept_and_nothing_of_anybody_elses(tmp_path: Path) -> None:
    path = package(tmp_path / "周表.xlsx")
    others = ["周表.bak-旧.xlsx", "周表.bak-20200101.xlsx", "周表.bak2.xlsx", "别的.bak-20200101-000000.xlsx"]
    for name in others:
        (tmp_path / name).write_bytes(b"mine")
    folder = tmp_path / "周表.bak-20200102-000000.xlsx"
    folder.mkdir()
    saved = []
    for number, day in enumerate(DAYS):
        package(path, worksheet(KEY + ITEM.replace(">9<", f">{number}<")))
        os.utime(path, (day, day))
        saved.append(path.read_bytes())
        put(path)
    kept = set(tmp_path.glob("周表.bak*.xlsx")) - {tmp_path / name for name in others} - {folder}
    assert [file.read_bytes() for file in sorted(kept, key=lambda file: file.stat().st_mtime)] == saved[-5:]
    assert [file.stat().st_mtime for file in sorted(kept)] == [*DAYS[-5:-1], DAYS[-1]]
    assert (tmp_path / "周表.bak.xlsx").read_bytes() == saved[-1]
    assert all((tmp_path / name).read_bytes() == b"mine" for name in others)


def test_the_copy_of_a_file_that_staff_went_back_to_is_kept(tmp_path: Path) -> None:
    path = package(tmp_path / "周表.xlsx")
    saved = []
    for number, day in enumerate([*DAYS[1:], DAYS[0], DAYS[7] + 1]):
        package(path, worksheet(KEY + ITEM.replace(">9<", f">{number}<")))
        os.utime(path, (day, day))
        saved.append(path.read_bytes())
        put(path)
    kept = {file.read_bytes() for file in tmp_path.glob("周表.bak*.xlsx")}
    assert kept == {*saved[-5:]}


def test_what_is_there_already_is_not_kept_twice(tmp_path: Path) -> None:
    path = package(tmp_path / "周表.xlsx")
    before = path.read_bytes()
    for _ in range(7):
        put(path)
        path.write_bytes(before)
    assert names(tmp_path) == ["周表.bak.xlsx", "周表.xlsx"]


def test_a_file_that_has_the_name_of_the_results_is_kept(tmp_path: Path) -> None:
    path, mine = package(tmp_path / "周表.xlsx"), tmp_path / "周表.results.xlsx"
    mine.write_bytes(b"mine")
    (tmp_path / "~$周表.xlsx").touch()
    assert put(path).path == mine
    assert (tmp_path / "周表.results.bak.xlsx").read_bytes() == b"mine"


def test_the_copy_is_as_old_as_the_file_was(tmp_path: Path) -> None:
    path = package(tmp_path / "周表.xlsx")
    os.utime(path, (1_700_000_000, 1_700_000_000))
    kept = put(path).backup
    assert kept is not None
    assert kept.stat().st_mtime == 1_700_000_000
    assert path.stat().st_mtime > 1_700_000_000


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="only root may give files away")
def test_what_root_replaces_keeps_its_owner(tmp_path: Path) -> None:
    path = package(tmp_path / "周表.xlsx")
    path.chmod(0o640)
    os.chown(path, 4321, 1234)
    kept = put(path).backup
    assert kept is not None
    for file in (path, kept):
        facts = file.stat()
        assert (facts.st_uid, facts.st_gid, facts.st_mode & 0o777) == (4321, 1234, 0o640)


@pytest.mark.skipif(os.name != "posix", reason="there are no owners")
def test_who_may_not_give_files_away_replaces_it_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr(os, "chown", refuse)
    assert not put(package(tmp_path / "周表.xlsx")).fallback

"""A run has reached the staff when the sheet that was applied has its results, or the place beside it; not before."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from unittest.mock import patch

import pytest

from sync.fields import INVENTORY
from sync.sandbox.server import Sandbox
from tests.cli.conftest import Command
from tests.cli.kills import Killed
from tests.cli.small_shop import CODES, held, line, moving, results, row, write

DONE = "完成"
Dies = Callable[..., None]


@pytest.fixture
def die(itemsync: Command) -> Dies:
    """A command whose process dies when it has made its calls, and before it writes into the sheet."""

    def command(*args: object) -> None:
        with patch("sync.service.running.delivered", side_effect=Killed), pytest.raises(Killed):
            itemsync(*args)

    return command


def edit(sheet: Path, *codes: str) -> Path:
    return write(sheet, *(line(code, 价格=25) if code in codes else line(code) for code in CODES))


def test_a_copy_isnt_the_sheet(itemsync: Command, die: Dies, synced: Path) -> None:
    edit(synced, *CODES)
    die("apply", synced, "--yes")
    copy = Path(shutil.copy(synced, synced.with_name("copy.xlsx")))
    shown = itemsync("show", 2, "--write", copy)
    assert (shown.code, "还没有这些结果" in shown.err) == (0, True)
    assert results(copy)["A-1"] == DONE
    assert DONE not in results(synced).values()
    assert itemsync("resume").code == 0
    assert set(results(synced).values()) == {DONE}
    assert itemsync("resume", "--json").json["run"] is None
    assert "还没有这些结果" not in itemsync("show", 2, "--write", copy).err


@pytest.mark.parametrize("beside", [False, True])
def test_the_sheet_itself_or_the_place_beside_it_is(itemsync: Command, die: Dies, synced: Path, beside: bool) -> None:
    edit(synced, *CODES)
    die("apply", synced, "--yes")
    if beside:
        synced.with_name("~$weekly.xlsx").touch()
    assert itemsync("show", 2, "--write", synced).code == int(beside)
    before = synced.read_bytes()
    assert itemsync("resume", "--json").json["run"] is None
    assert synced.read_bytes() == before


def test_a_later_run_of_another_sheet_hides_nothing(itemsync: Command, die: Dies, synced: Path) -> None:
    edit(synced, *CODES)
    die("apply", synced, "--yes")
    other = write(synced.with_name("other.xlsx"), line("A-1", 价格=26))
    assert itemsync("apply", other, "--yes").code == 0
    ran = itemsync("resume", "--json")
    assert (ran.code, ran.json["run"], len(ran.json["rows"])) == (0, 2, 3)
    assert set(results(synced).values()) == {DONE}
    assert itemsync("resume", "--json").json["run"] is None


def test_a_later_run_of_a_part_keeps_its_own_results(itemsync: Command, die: Dies, synced: Path) -> None:
    edit(synced, *CODES)
    die("apply", synced, "--yes")
    write(synced, line("A-1", 价格=27), line("A-2", 价格=25), line("A-3", 价格=25))
    assert itemsync("apply", synced, "--yes", "--only", "A-1").code == 0
    assert "27" in str(row(synced, "A-1")["同步说明"])
    ran = itemsync("resume", "--json")
    assert (ran.code, [one["outer_id"] for one in ran.json["rows"]]) == (0, ["A-2", "A-3"])
    assert "27" in str(row(synced, "A-1")["同步说明"])
    assert set(results(synced).values()) == {DONE}


def test_what_a_later_run_of_the_whole_sheet_told_is_the_last_word(
    itemsync: Command, die: Dies, synced: Path
) -> None:
    edit(synced, *CODES)
    die("apply", synced, "--yes")
    assert itemsync("apply", synced, "--yes").code == 0
    before = synced.read_bytes()
    assert itemsync("resume", "--json").json["run"] is None
    assert synced.read_bytes() == before


def test_two_runs_that_died_are_both_brought(itemsync: Command, die: Dies, synced: Path) -> None:
    edit(synced, "A-1", "A-2")
    die("apply", synced, "--yes", "--only", "A-1,A-2")
    write(synced, line("A-1", 价格=25), line("A-2", 价格=28), line("A-3", 价格=28))
    die("apply", synced, "--yes", "--only", "A-2,A-3")
    assert itemsync("resume").code == 0
    assert set(results(synced).values()) == {DONE}
    assert "28" in str(row(synced, "A-2")["同步说明"])
    assert itemsync("resume", "--json").json["run"] is None


def test_a_moved_stock_is_cleared_late_and_not_moved_again(
    itemsync: Command, die: Dies, sandbox: Sandbox, synced: Path
) -> None:
    write(synced, moving("A-1", 5), line("A-2", 价格=25), line("A-3"))
    die("apply", synced, "--yes", "--only", "A-1")
    assert itemsync("apply", synced, "--yes", "--only", "A-2").code == 0
    assert itemsync("resume").code == 0
    assert row(synced, "A-1")["库存增减"] is None
    assert itemsync("apply", synced, "--yes").code == 0
    assert held(sandbox, "A-1")[INVENTORY] == 15


def test_an_old_sheet_that_has_gone_is_no_reason_to_complain(itemsync: Command, die: Dies, synced: Path) -> None:
    old = write(synced.with_name("old.xlsx"), line("A-1", 价格=26))
    die("apply", old, "--yes")
    old.unlink()
    edit(synced, "A-2")
    assert itemsync("apply", synced, "--yes").code == 0
    ran = itemsync("resume")
    assert (ran.code, ran.err) == (0, "")


@pytest.fixture
def held_open(itemsync: Command, synced: Path) -> Path:
    """A run whose results are beside the sheet, because that was open; returns where they are."""
    edit(synced, "A-1")
    lock = synced.with_name("~$weekly.xlsx")
    lock.touch()
    assert itemsync("apply", synced, "--yes").code == 1
    lock.unlink()
    return synced.with_name("weekly.results.xlsx")


def test_the_file_beside_goes_once_the_sheet_has_its_results(
    itemsync: Command, synced: Path, held_open: Path
) -> None:
    shown = itemsync("show", 2, "--write", synced)
    assert (shown.code, "weekly.results.xlsx" in shown.out) == (0, True)
    assert results(synced)["A-1"] == DONE
    assert not held_open.exists()
    assert "weekly.results.xlsx" not in itemsync("show", 2, "--write", synced).out


def _edited(file: Path) -> None:
    write(file, line("A-1", 价格=31))


def _replaced(file: Path) -> None:
    file.write_bytes(b"mine")


def _linked(file: Path) -> None:
    file.rename(file.with_name("mine.xlsx"))
    file.symlink_to("mine.xlsx")


def _opened(file: Path) -> None:
    file.with_name(f"~${file.name}").touch()


@pytest.mark.parametrize("happens", [_edited, _replaced, _linked, _opened])
def test_a_file_beside_that_somebody_made_theirs_stays(
    itemsync: Command, synced: Path, held_open: Path, happens: Callable[[Path], None]
) -> None:
    happens(held_open)
    before = held_open.read_bytes()
    assert itemsync("show", 2, "--write", synced).code == 0
    assert held_open.read_bytes() == before


def test_it_stays_where_another_run_was_delivered_or_another_file(
    itemsync: Command, synced: Path, held_open: Path
) -> None:
    before = held_open.read_bytes()
    assert itemsync("show", 1, "--write", synced).code == 0
    assert itemsync("show", 2, "--write", shutil.copy(synced, synced.with_name("copy.xlsx"))).code == 0
    edit(synced, "A-2")
    assert itemsync("apply", synced, "--yes").code == 0
    assert held_open.read_bytes() == before


def test_it_stays_as_long_as_a_row_has_its_results_only_there(
    itemsync: Command, synced: Path, held_open: Path
) -> None:
    write(synced, *(line(code) for code in CODES if code != "A-1"))
    assert itemsync("show", 2, "--write", synced).code == 0
    assert held_open.exists()


def test_every_run_leaves_the_sheet_as_it_was_before_it(itemsync: Command, synced: Path) -> None:
    saved = []
    for price in range(40, 47):
        write(synced, *(line(code, 价格=price) for code in CODES))
        saved.append(synced.read_bytes())
        os.utime(synced, (price * 1e7, price * 1e7))
        assert itemsync("apply", synced, "--yes").code == 0
    kept = sorted(synced.parent.glob("weekly.bak*.xlsx"), key=lambda file: file.stat().st_mtime)
    assert [file.read_bytes() for file in kept] == saved[-5:]
    assert kept[-1].name == "weekly.bak.xlsx"


def test_results_beside_a_csv_that_staff_went_on_with_are_kept_and_that_is_told(
    folder: Path, itemsync: Command, synced: Path
) -> None:
    sheet = folder / "erp.csv"
    sheet.write_text("商家编码,价格\nA-1,21\n", encoding="utf-8")
    first = itemsync("apply", sheet, "--yes")
    assert (first.code, "erp.results.bak.xlsx" in first.out) == (0, False)
    edited = folder / "erp.results.xlsx"
    content = edited.read_bytes()
    sheet.write_text("商家编码,价格\nA-1,22\n", encoding="utf-8")
    again = itemsync("apply", sheet, "--yes")
    assert (again.code, "erp.results.bak.xlsx" in again.out) == (0, True)
    assert (folder / "erp.results.bak.xlsx").read_bytes() == content

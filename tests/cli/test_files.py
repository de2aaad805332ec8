"""The files that commands leave: whole, private, never through a link; and a sheet that somebody has open."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Iterator
from errno import ENOSPC
from pathlib import Path

import pytest
from openpyxl import load_workbook

from sync.atomic_files import AtomicFile
from tests.cli.conftest import STATE, Command
from tests.cli.small_shop import results, type_in


@pytest.fixture(autouse=True)
def usual_mask() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)


def mode(file: Path) -> int:
    return stat.S_IMODE(file.stat().st_mode)


def test_what_is_kept_is_for_its_owner_alone(itemsync: Command, folder: Path, sheet: Path) -> None:
    sheet.chmod(0o640)
    assert itemsync("plan", sheet, "-o", "plan.json", "--html", "plan.html").code == 0
    assert itemsync("--log", "calls.log", "apply", sheet, "--yes").code == 0
    reports = sorted((folder / "state-reports").iterdir())
    assert [report.suffix for report in reports] == [".html", ".xlsx"]
    private = [folder / STATE, folder / "plan.json", folder / "plan.html", folder / "calls.log", *reports]
    assert {file.name: oct(mode(file)) for file in private} == {file.name: oct(0o600) for file in private}
    assert {oct(mode(file)) for file in folder.glob("state.db*")} == {oct(0o600)}
    # What stands beside the sheet is for those who may read the sheet.
    assert {oct(mode(file)) for file in folder.glob("weekly*.xlsx")} == {oct(0o640)}


def test_a_state_that_an_earlier_version_left_open_is_closed(itemsync: Command, folder: Path, synced: Path) -> None:
    (folder / STATE).chmod(0o644)
    assert itemsync("history").code == 0
    assert mode(folder / STATE) == 0o600


FULL = {
    "pull": ("pull", "out.xlsx"),
    "template": ("template", "out.xlsx"),
    "plan -o": ("plan", "weekly.xlsx", "-o", "out.json"),
    "plan --html": ("plan", "weekly.xlsx", "--html", "out.html"),
}


@pytest.mark.parametrize("command", FULL.values(), ids=list(FULL))
def test_a_full_disk_leaves_no_half_file(
    itemsync: Command, folder: Path, synced: Path, command: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: AtomicFile) -> None:
        raise OSError(ENOSPC, os.strerror(ENOSPC))

    before = sorted(folder.iterdir())
    monkeypatch.setattr(AtomicFile, "finish", full)
    ran = itemsync(*command)
    assert ran.code == 2
    assert command[-1] in ran.err
    assert sorted(folder.iterdir()) == before


def test_a_full_disk_costs_a_report_and_no_more(
    itemsync: Command, folder: Path, synced: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(ENOSPC, os.strerror(ENOSPC))

    monkeypatch.setattr("sync.service.reports.write_whole", full)
    type_in(synced, "A-1", "价格", 25)
    ran = itemsync("apply", synced, "--yes")
    assert (ran.code, "报告写不进" in ran.err) == (0, True)
    assert results(synced)["A-1"] == "完成"


@pytest.mark.parametrize("option", ["-o", "--html"])
def test_nothing_is_written_through_a_link(itemsync: Command, folder: Path, synced: Path, option: str) -> None:
    precious, link = folder / "precious.txt", folder / "out"
    precious.write_text("precious")
    link.symlink_to(precious)
    ran = itemsync("plan", synced, option, link)
    assert (ran.code, "是一个链接" in ran.err) == (2, True)
    assert precious.read_text() == "precious"


def test_no_log_and_no_report_through_a_link(itemsync: Command, folder: Path, synced: Path) -> None:
    precious = folder / "precious.txt"
    precious.write_text("precious")
    (folder / "calls.log").symlink_to(precious)
    assert itemsync("--log", "calls.log", "plan", synced).code == 2
    (folder / "reports").mkdir()
    (folder / "reports" / "run-2.html").symlink_to(precious)
    type_in(synced, "A-1", "价格", 25)
    assert "报告写不进" in itemsync("apply", synced, "--yes", "--report", "reports").err
    assert precious.read_text() == "precious"


def test_pull_and_template_dont_write_through_a_dangling_link(itemsync: Command, folder: Path, synced: Path) -> None:
    (folder / "out.xlsx").symlink_to(folder / "elsewhere.xlsx")
    for command in ("pull", "template"):
        assert itemsync(command, "out.xlsx").code == 2
    assert not (folder / "elsewhere.xlsx").exists()


# --- a sheet that is open ----------------------------------------------------------------------------------------
OWNER = "~$weekly.xlsx"


def test_an_open_sheet_is_said_to_be_open_before_anything_is_sent(
    itemsync: Command, folder: Path, synced: Path
) -> None:
    type_in(synced, "A-1", "价格", 25)
    assert itemsync("apply", synced, "--yes").code == 0
    (folder / OWNER).touch()
    assert "正开着" in itemsync("check", synced).out
    (note,) = itemsync("check", synced, "--json").json["problems"]
    assert (note["code"], note["level"], note["row"]) == ("sheet.open", "note", None)
    for command in (("plan", synced), ("plan", synced, "--json"), ("apply", synced), ("undo", "2", "--yes")):
        ran = itemsync(*command)
        assert OWNER in ran.err, command
    (folder / OWNER).unlink()
    assert "正开着" not in itemsync("check", synced).out + itemsync("plan", synced).err


def test_the_results_of_an_open_sheet_go_beside_it_and_into_it_later(
    itemsync: Command, folder: Path, synced: Path
) -> None:
    type_in(synced, "A-1", "库存增减", 3)
    type_in(synced, "A-1", "库存", None)
    (folder / OWNER).touch()
    before = synced.read_bytes()
    ran = itemsync("apply", synced, "--yes")
    assert ran.code == 1
    assert synced.read_bytes() == before
    assert "itemsync show 2 --write weekly.xlsx" in ran.err
    assert results(folder / "weekly.results.xlsx")["A-1"] == "完成"
    (folder / OWNER).unlink()
    assert itemsync("show", 2, "--write", synced).code == 0
    assert results(synced)["A-1"] == "完成"
    # What was carried out is cleared there, and nothing is done again.
    again = itemsync("plan", synced, "--json")
    assert (again.code, again.json["summary"]["calls"]) == (0, 0)


def test_an_open_sheet_isnt_brought_up_to_date(
    itemsync: Command, folder: Path, sandbox: object, synced: Path
) -> None:
    from tests.cli.small_shop import item_id

    sandbox.shop.modify(item_id("A-1"), json.dumps({"_sys": {"price": 33.0}}))  # type: ignore[attr-defined]
    (folder / OWNER).touch()
    ran = itemsync("pull", "--into", synced)
    assert (ran.code, OWNER in ran.err) == (2, True)
    (folder / OWNER).unlink()
    assert itemsync("pull", "--into", synced).code == 0
    assert load_workbook(synced).worksheets[0]["F2"].value == 33

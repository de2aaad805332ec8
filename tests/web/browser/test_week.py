"""A week at the page: upload, look, approve, watch, download, undo."""

from __future__ import annotations

from pathlib import Path

from sync.sandbox.server import Sandbox
from tests.cli.small_shop import held, line, row, write
from tests.web.browser.chromium import Window


def test_a_sheet_from_upload_to_undo(staff: Window, folder: Path, sandbox: Sandbox) -> None:
    staff.upload(write(folder / "周表.xlsx", line("A-1", 价格=21), line("A-2"), line("A-3", 价格="九块")))
    assert (staff.count("update"), staff.count("none"), staff.count("invalid")) == (1, 1, 1)
    staff.approve()
    assert held(sandbox, "A-1")["_sys@price"] == 2100
    with staff.page.expect_download() as download:
        staff.at("download").click()
    download.value.save_as(folder / "got.xlsx")
    assert row(folder / "got.xlsx", "A-1")["同步结果"] == "完成"
    staff.at("undo").first.click()
    staff.at("approve").wait_for()
    staff.approve()
    assert held(sandbox, "A-1")["_sys@price"] == 2000

"""What can come between: another person, another process, a stop, a platform that is away. Each is told."""

from __future__ import annotations

import re
import shutil
from html import unescape
from pathlib import Path

import pytest
from filelock import FileLock
from openpyxl import load_workbook

from sync.fields import INVENTORY, PRICE
from sync.sandbox.faults import Faults
from sync.sandbox.server import Sandbox
from tests.cli.conftest import (
    Command,
    first_sync,
    folder,
    itemsync,
    no_waiting,
    platform,
    quick,
    sandbox,
    synced,
)
from tests.cli.kills import killed, meanwhile
from tests.cli.small_shop import CODES, held, line, moving, results, write
from tests.disk import no_syncing
from tests.web.pages import Visitor, one_visitor, open_shop, served

__all__ = [
    "first_sync", "folder", "itemsync", "no_syncing", "no_waiting", "one_visitor", "platform", "quick", "sandbox",
    "synced",
]  # fmt: skip

pytestmark = pytest.mark.usefixtures("quick")


def dearer(folder: Path, price: int = 21, name: str = "mine.xlsx") -> Path:
    """A sheet of higher prices."""
    return write(folder / name, *(line(code, 价格=price) for code in CODES))


def test_a_workbook_with_two_sheets_asks_which(visitor: Visitor, folder: Path) -> None:
    file = dearer(folder)
    book = load_workbook(file)
    book.copy_worksheet(book.worksheets[0]).title = "上周"
    book.save(file)
    asked = visitor.upload(file)
    assert "上周" in asked.html
    assert not asked.has("approve")
    chosen = visitor.settled(visitor.post(asked.url + "/again", worksheet="上周"))
    assert chosen.count("update") == 3


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 not a workbook", b"\xff" * 3000])
def test_what_is_no_workbook_is_told(visitor: Visitor, folder: Path, content: bytes) -> None:
    (folder / "odd.xlsx").write_bytes(content)
    assert visitor.upload(folder / "odd.xlsx").alert


def test_no_file_at_all_is_told(visitor: Visitor) -> None:
    assert "选一张表格" in visitor.post("/sheets").alert


def test_a_sheet_of_this_machine_gets_its_results_itself(folder: Path, sandbox: Sandbox) -> None:
    sheet = dearer(folder)
    with served(sheet) as visitor:
        done = visitor.approve(visitor.settled(visitor.post("/sheets/here")))
        assert done.count("done") == 3
        assert visitor.session.get(done.url + "/download").content == sheet.read_bytes()
    assert set(results(sheet).values()) == {"完成"}


def test_who_comes_second_is_told_and_plans_again(visitor: Visitor, folder: Path, sandbox: Sandbox) -> None:
    mine, theirs = visitor.upload(dearer(folder)), visitor.upload(dearer(folder, 22, "theirs.xlsx"))
    assert visitor.approve(mine).count("done") == 3
    told = visitor.approve(theirs)
    assert "第 1 次运行" in told.alert or "1" in told.alert
    assert held(sandbox, "A-1")[PRICE] == 2100
    again = visitor.settled(visitor.post(told.url + "/again"))
    assert again.count("update") == 3
    assert visitor.approve(again).count("done") == 3
    assert held(sandbox, "A-1")[PRICE] == 2200


def test_while_another_process_works_an_approval_waits(visitor: Visitor, folder: Path) -> None:
    preview = visitor.upload(dearer(folder))
    (lock,) = {*folder.glob("state.db.*.lock")} or {folder / "state.db.default.lock"}
    with FileLock(lock):
        told = visitor.approve(preview)
        assert told.alert
        assert told.has("approve")
    assert visitor.approve(told).count("done") == 3


def test_a_platform_that_is_away_is_told_at_the_preview_and_at_the_approval(
    visitor: Visitor, folder: Path, sandbox: Sandbox
) -> None:
    sandbox.faults = Faults("session-expired=1")
    refused = visitor.upload(dearer(folder))
    assert refused.alert
    sandbox.faults = Faults()
    preview = visitor.settled(visitor.post(refused.url + "/again"))
    assert preview.count("update") == 3
    sandbox.faults = Faults("session-expired=1")
    told = visitor.approve(preview)
    assert told.alert
    sandbox.faults = Faults()
    assert visitor.approve(told).count("done") == 3


def test_a_run_is_stopped_and_goes_on(visitor: Visitor, folder: Path, sandbox: Sandbox) -> None:
    preview = visitor.upload(dearer(folder))

    def stop() -> None:
        shown = visitor.until(visitor.get(preview.url), lambda now: now.has("stop"))
        visitor.post(shown.url + "/stop")

    with meanwhile(stop, number=2):
        stopped = visitor.approve(preview)
    stopped = visitor.until(stopped, lambda now: now.has("resume") and not now.has("progress"))
    assert stopped.count("done") < 3
    assert "没有做完" in visitor.get("/").html
    refused = visitor.approve(visitor.upload(dearer(folder, 22, "theirs.xlsx")))
    assert "点“继续”" in refused.alert, "another run waits for this one"
    done = visitor.settled(visitor.post("/resume"))
    assert (done.url.rpartition("/")[2], done.count("done")) == ("1", 3)
    assert not visitor.get("/").has("resume")


def test_a_run_that_waits_for_the_platform_says_so(visitor: Visitor, folder: Path) -> None:
    preview = visitor.upload(dearer(folder))
    seen = []

    def look() -> None:
        seen.append(visitor.until(visitor.get(preview.url), lambda now: now.has("progress")))
        with open_shop(lambda _: None) as shop:
            shop.context.clock.pause(6)
        seen.append(visitor.get(seen[0].url))

    with meanwhile(look, number=2):
        visitor.approve(preview)
    assert ["正在等平台" in one.html for one in seen] == [False, True]


def test_a_run_of_the_terminal_is_shown_as_it_goes(visitor: Visitor, synced: Path, itemsync: Command) -> None:
    write(synced, *(line(code, 价格=25) for code in CODES))
    seen = []
    with meanwhile(lambda: seen.append(visitor.get("/runs/2")), number=2):
        assert itemsync("apply", synced, "--yes").code == 0
    (shown,) = seen
    assert shown.has("progress")
    assert not shown.has("stop"), "only its own terminal stops it"
    assert visitor.post("/runs/2/stop").status == 400
    assert visitor.get("/runs/2").count("done") == 3


def test_a_run_that_died_elsewhere_is_taken_up_at_the_page(
    visitor: Visitor, synced: Path, itemsync: Command, sandbox: Sandbox
) -> None:
    write(synced, *(line(code, 价格=25) for code in CODES))
    with killed(number=2):
        itemsync("apply", synced, "--yes")
    assert visitor.get("/").has("resume")
    assert visitor.settled(visitor.post("/resume")).count("done") == 3
    assert held(sandbox, "A-3")[PRICE] == 2500
    assert set(results(synced).values()) == {"完成"}, "its own sheet has the results"
    assert visitor.get("/runs/2/download").status == 400, "a sheet that wasn't uploaded stays where it is"


def test_a_run_that_died_can_be_given_up(visitor: Visitor, synced: Path, itemsync: Command) -> None:
    write(synced, *(line(code, 价格=25) for code in CODES))
    with killed(number=2):
        itemsync("apply", synced, "--yes")
    ended = visitor.post("/runs/2/abandon")
    assert ended.count("skipped") + ended.count("unknown") >= 1
    assert visitor.post("/runs/2/abandon").status == 200, "an old page shows how it stands"
    assert not visitor.get("/").has("resume")


@pytest.mark.parametrize(("answer", "stock"), [("happened", 8), ("not", 8), ("skip", 8)])
def test_a_row_that_nobody_knows_of_is_answered(
    visitor: Visitor, synced: Path, sandbox: Sandbox, answer: str, stock: int
) -> None:
    write(synced, moving("A-1", -2), line("A-2"), line("A-3"))
    sandbox.faults = Faults("drop-after@inventory.decr:1")
    preview = visitor.upload(synced)
    asked = visitor.approve(preview, **{"guard": "repeat"} if preview.has("guard-repeat") else {})
    sandbox.faults = Faults()
    assert asked.count("unknown") == 1
    assert 'name="answer"' in visitor.get(asked.url + "?result=unknown").html
    old = visitor.post(asked.url + "/answer", code="A-1", answer=answer, asked="of another run")
    (question,) = re.findall(r'name="asked" value="([^"]*)"', old.html)
    answered = visitor.post(asked.url + "/answer", code="A-1", answer=answer, asked=unescape(question))
    assert 'name="answer"' not in answered.html
    assert visitor.post(asked.url + "/answer", code="A-1", answer="happened").html == answered.html
    assert held(sandbox, "A-1")[INVENTORY] == stock


def test_ticked_rows_alone_are_undone(visitor: Visitor, folder: Path, sandbox: Sandbox) -> None:
    done = visitor.approve(visitor.upload(dearer(folder)))
    undone = visitor.approve(visitor.settled(visitor.post(done.url + "/undo", code=["A-1", "A-3"])))
    assert undone.count("done") == 2
    assert [held(sandbox, code)[PRICE] for code in CODES] == [2000, 2100, 2000]
    story = visitor.get("/items?code=A-1")
    assert "/items/A-1" in story.url
    assert "第 2 次运行" in story.html
    assert "没有" not in visitor.get("/items?code=A-9").url


def test_a_waiting_plan_survives_its_server(folder: Path) -> None:
    with served() as visitor:
        preview = visitor.upload(dearer(folder))
    with served() as visitor:
        kept = visitor.get("/jobs/" + preview.url.partition("/jobs/")[2])
        assert kept.count("update") == 3
        assert visitor.approve(kept).count("done") == 3


def test_the_sheet_of_a_run_of_the_terminal_is_not_given_out_by_its_undo(
    visitor: Visitor, folder: Path, sandbox: Sandbox, itemsync: Command
) -> None:
    assert itemsync("apply", dearer(folder), "--yes").code == 0
    undo = visitor.settled(visitor.post("/runs/1/undo")).url
    assert "不在这里" in visitor.get(undo + "/sheet").alert
    assert visitor.post(undo + "/cells", cell="F2", value="5").alert
    assert visitor.get(undo).status == 200


def test_a_preview_that_was_put_away_is_called_so_after_the_back_button(visitor: Visitor, folder: Path) -> None:
    preview = visitor.upload(write(folder / "mine.xlsx", line("A-1", 价格="十九")))
    visitor.post(preview.url + "/cells", cell="F2", value="19")
    assert "没有这个预览" in visitor.post(preview.url + "/cells", cell="F2", value="20").alert


def test_a_folder_that_cannot_be_used_is_told_without_its_place(visitor: Visitor, folder: Path) -> None:
    preview = visitor.upload(dearer(folder))
    shutil.rmtree(folder / "state.db-jobs")
    (folder / "state.db-jobs").touch()
    told = {
        visitor.get("/").alert,
        visitor.post(preview.url + "/approve").alert,
        visitor.upload(dearer(folder)).alert,
    }
    assert "磁盘满了" in told.pop()
    assert not told

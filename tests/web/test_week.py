"""A sheet from its upload to its undo, over HTTP, as a browser without script goes."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from sync.sandbox.server import Sandbox
from tests.cli.conftest import folder, no_waiting, platform, sandbox
from tests.cli.kills import meanwhile
from tests.cli.small_shop import CODES, held, line, row, write
from tests.disk import no_syncing
from tests.web.pages import Screen, Visitor, one_visitor, served

__all__ = ["folder", "no_syncing", "no_waiting", "one_visitor", "platform", "sandbox"]


def test_a_sheet_is_uploaded_approved_downloaded_and_undone(visitor: Visitor, folder: Path, sandbox: Sandbox) -> None:
    sheet = write(folder / "mine.xlsx", line("A-1", 价格=21), line("A-2"), line("A-3", 价格="wrong"))
    before = sheet.read_bytes()
    preview = visitor.upload(sheet, "../周表.xlsx")
    assert (preview.count("update"), preview.count("none"), preview.count("invalid")) == (1, 1, 1)
    assert "¥20.00 → ¥21.00 +5%" in visitor.get(preview.url + "?tab=price").all("plan-row")[0]
    done = visitor.approve(preview)
    assert (done.count("done"), done.count("none"), done.count("invalid")) == (1, 1, 1)
    assert held(sandbox, "A-1")["_sys@price"] == 2100
    got = visitor.session.get(done.url + "/download")
    (folder / "got.xlsx").write_bytes(got.content)
    assert row(folder / "got.xlsx", "A-1")["同步结果"] == "完成"
    assert "%E5%91%A8%E8%A1%A8.xlsx" in got.headers["content-disposition"]
    assert sheet.read_bytes() == before
    undone = visitor.approve(visitor.settled(visitor.post(done.url + "/undo")))
    assert undone.count("done") == 1
    assert held(sandbox, "A-1")["_sys@price"] == 2000
    assert visitor.get("/runs").has("run-2")


def test_an_approval_counts_once(visitor: Visitor, folder: Path, sandbox: Sandbox) -> None:
    preview = visitor.upload(write(folder / "mine.xlsx", *(line(code, 价格=21) for code in CODES)))
    with ThreadPoolExecutor(4) as tabs:
        shown = [*tabs.map(lambda _: visitor.post(preview.url + "/approve"), range(4))]
    shown.append(visitor.post(preview.url + "/approve"))
    assert {visitor.settled(one).url for one in shown} == {visitor.url + "/runs/1"}
    assert not visitor.get("/runs").has("run-2")


def test_a_state_that_machines_share_serves_the_page_too(
    folder: Path, postgres: str, monkeypatch: pytest.MonkeyPatch, sandbox: Sandbox
) -> None:
    monkeypatch.setenv("ITEMSYNC_STATE", postgres)
    with served() as visitor:
        preview = visitor.upload(write(folder / "mine.xlsx", line("A-1", 价格=21), line("A-2")))
        done = visitor.approve(preview)
        assert (done.count("done"), done.count("none")) == (1, 1)
        assert visitor.get(done.url + "?q=a-1").all("result-row")
        assert visitor.get("/runs").has("run-1")
    assert held(sandbox, "A-1")["_sys@price"] == 2100


def test_two_pages_of_one_shop_are_one(folder: Path, sandbox: Sandbox) -> None:
    with served() as first, served() as second:
        preview = first.upload(write(folder / "mine.xlsx", *(line(code, 价格=21) for code in CODES)))
        job = "/jobs/" + preview.url.rpartition("/")[2]
        seen: list[Screen] = []
        with meanwhile(lambda: seen.append(second.get(job)), number=2):
            done = first.approve(preview)
        (shown,) = seen
        assert shown.url.endswith("/runs/1")
        assert shown.has("progress")
        assert second.get(job).count("done") == done.count("done") == 3


def test_the_reader_chooses_the_language(visitor: Visitor) -> None:
    assert "历史" in visitor.get("/runs").html
    english = visitor.post("/language", lang="en", back="/runs?page=1")
    assert english.url.endswith("/runs?page=1")
    assert "History" in english.html
    assert visitor.post("/language", lang="zh", back="//elsewhere.example/").url == visitor.url + "/"
    assert "历史" in visitor.post("/language", lang="xx", back="/runs").html

"""What a person decides of a preview: rows left out, conflicts settled, guards, deletions, cells corrected."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from sync.fields import PRICE, TITLE
from sync.sandbox.server import Sandbox
from tests.cli.conftest import first_sync, folder, no_waiting, platform, sandbox, synced
from tests.cli.small_shop import CODES, held, item_id, line, new_line, row, type_in, write
from tests.disk import no_syncing
from tests.web.pages import Screen, Visitor, one_visitor

__all__ = ["first_sync", "folder", "no_syncing", "no_waiting", "one_visitor", "platform", "sandbox", "synced"]


def by_hand(sandbox: Sandbox, code: str, **keys: object) -> None:
    """Somebody edits an item on the platform."""
    sandbox.shop.modify(item_id(code), json.dumps({"_sys": keys}))


def test_a_row_that_was_left_out_is_not_carried_out_and_says_who_left_it_out(
    visitor: Visitor, folder: Path, sandbox: Sandbox
) -> None:
    preview = visitor.upload(write(folder / "mine.xlsx", *(line(code, 价格=21) for code in CODES)))
    after = visitor.post(preview.url + "/tick", row=3)
    assert "将改动 2 个" in after.html
    done = visitor.approve(after)
    assert (done.count("done"), done.count("skipped")) == (2, 1)
    assert [held(sandbox, code)[PRICE] for code in CODES] == [2100, 2000, 2100]
    (left_out,) = visitor.get(done.url + "?result=skipped").all("result-row")
    assert "root 把这行" in left_out


def test_a_row_can_be_taken_in_again(visitor: Visitor, folder: Path, sandbox: Sandbox) -> None:
    preview = visitor.upload(write(folder / "mine.xlsx", line("A-1", 价格=21)))
    visitor.post(preview.url + "/tick", row=2)
    visitor.post(preview.url + "/tick", row=2, take=2)
    assert visitor.approve(preview).count("done") == 1
    assert held(sandbox, "A-1")[PRICE] == 2100


def test_what_the_page_shows_counts_where_a_tick_was_on_its_way(
    visitor: Visitor, synced: Path, sandbox: Sandbox
) -> None:
    type_in(synced, "A-1", "价格", 21)
    type_in(synced, "A-2", "价格", 21)
    type_in(synced, "A-3", "价格", 21)
    by_hand(sandbox, "A-3", price=23)
    shown = {"shown": [2, 3, 4], "take": [3, 4], f"choice-4-{PRICE}": "platform"}
    assert visitor.approve(visitor.upload(synced), **shown).count("done") == 1
    assert [held(sandbox, code)[PRICE] for code in CODES] == [2000, 2100, 2300]


def conflicting(visitor: Visitor, synced: Path, sandbox: Sandbox) -> Screen:
    """A sheet of which one price, and nothing else, was changed here and there."""
    type_in(synced, "A-1", "价格", 21)
    type_in(synced, "A-1", "标题", "新标题")
    by_hand(sandbox, "A-1", price=23)
    preview = visitor.upload(synced)
    assert preview.count("conflict") == 1
    assert "冲突" in visitor.get(preview.url + "?tab=conflict").all("plan-row")[0]
    return preview


@pytest.mark.parametrize(
    ("choice", "price", "asked_again"),
    [("sheet", 2100, 0), ("platform", 2300, 0), ("leave", 2300, 1)],
)
def test_a_conflict_is_settled_at_the_page(  # noqa: PLR0917
    visitor: Visitor, synced: Path, sandbox: Sandbox, choice: str, price: int, asked_again: int
) -> None:
    preview = conflicting(visitor, synced, sandbox)
    visitor.post(preview.url + "/settle", row=2, path=PRICE, choice=choice)
    done = visitor.approve(preview)
    assert done.count("done") == 1
    assert (held(sandbox, "A-1")[PRICE], held(sandbox, "A-1")[TITLE]) == (price, "新标题")
    told = visitor.get(done.url + "?result=done").all("result-row")[0]
    assert ("root 决定" in told) == (choice != "sheet")
    # What stays for good isn't asked about again, and what was left is.
    assert visitor.upload(synced).count("conflict") == asked_again


def test_a_row_whose_only_conflict_stays_the_platforms_asks_for_nothing(
    visitor: Visitor, synced: Path, sandbox: Sandbox
) -> None:
    type_in(synced, "A-1", "价格", 21)
    by_hand(sandbox, "A-1", price=23)
    preview = visitor.upload(synced)
    assert "将改动 0 个" in visitor.post(preview.url + "/settle", row=2, path=PRICE, choice="platform").html
    done = visitor.approve(preview)
    assert (done.count("done"), done.count("none")) == (0, 3)
    assert visitor.upload(synced).count("conflict") == 0


def test_a_guard_needs_its_own_consent(visitor: Visitor, folder: Path, sandbox: Sandbox) -> None:
    preview = visitor.upload(write(folder / "mine.xlsx", line("A-1", 价格=2)))
    assert preview.has("guard-price")
    refused = visitor.approve(preview)
    assert "勾选" in refused.alert
    assert "price" not in refused.alert
    assert refused.has("approve"), "the plan still waits"
    assert held(sandbox, "A-1")[PRICE] == 2000
    assert visitor.approve(refused, guard="price").count("done") == 1
    assert held(sandbox, "A-1")[PRICE] == 200


def test_a_consent_whose_taking_back_was_on_its_way_does_not_count(visitor: Visitor, folder: Path) -> None:
    preview = visitor.upload(write(folder / "mine.xlsx", line("A-1", 价格=2)))
    visitor.post(preview.url + "/consent", name="price", guard="price")
    assert '"guard-shown" value="price"' in preview.html
    assert visitor.approve(preview, **{"guard-shown": "price"}).has("approve")


def test_a_consent_is_kept_until_it_is_taken_back(visitor: Visitor, folder: Path, sandbox: Sandbox) -> None:
    preview = visitor.upload(write(folder / "mine.xlsx", line("A-1", 价格=2)))
    visitor.post(preview.url + "/consent", name="price", guard="price")
    visitor.post(preview.url + "/consent", name="price")
    assert visitor.approve(preview).alert
    visitor.post(preview.url + "/consent", name="price", guard="price")
    assert visitor.approve(preview).count("done") == 1


def test_deletions_need_their_number(visitor: Visitor, folder: Path, sandbox: Sandbox) -> None:
    sheet = write(folder / "mine.xlsx", line("A-1", 目标状态="删除"), line("A-2", 目标状态="删除"))
    preview = visitor.upload(sheet)
    assert preview.count("delete") == 2
    assert "2 个" in visitor.post(preview.url + "/approve", deletions="1").alert
    assert held(sandbox, "A-1")
    assert visitor.approve(preview, deletions="2").count("done") == 2
    assert not held(sandbox, "A-1")


def test_a_number_is_read_as_chinese_keyboards_write_it_and_anything_else_is_told(
    visitor: Visitor, folder: Path, sandbox: Sandbox
) -> None:
    preview = visitor.upload(write(folder / "mine.xlsx", line("A-1", 目标状态="删除")))
    assert "一个" in visitor.post(preview.url + "/approve", deletions="一个").alert
    assert visitor.approve(preview, deletions="１").count("done") == 1


def test_without_the_number_nothing_is_deleted_and_the_rest_is_done(
    visitor: Visitor, folder: Path, sandbox: Sandbox
) -> None:
    preview = visitor.upload(write(folder / "mine.xlsx", line("A-1", 目标状态="删除"), line("A-2", 价格=21)))
    done = visitor.approve(preview, deletions="")
    assert (done.count("done"), done.count("blocked")) == (1, 1)
    assert held(sandbox, "A-1")


def test_a_wrong_cell_is_corrected_in_a_copy(visitor: Visitor, folder: Path, sandbox: Sandbox) -> None:
    sheet = write(folder / "mine.xlsx", line("A-1", 价格="十九"), line("A-2"))
    preview = visitor.upload(sheet)
    assert preview.count("invalid") == 1
    again = visitor.settled(visitor.post(preview.url + "/cells", cell="F2", value="19.9"))
    assert (again.count("invalid"), again.count("update")) == (0, 1)
    (folder / "corrected.xlsx").write_bytes(visitor.session.get(again.url + "/sheet").content)
    assert (row(folder / "corrected.xlsx", "A-1")["价格"], row(sheet, "A-1")["价格"]) == (19.9, "十九")
    assert visitor.approve(again).count("done") == 1
    assert held(sandbox, "A-1")[PRICE] == 1990


@pytest.mark.parametrize("cell", ["ZZ2", "F0", "../F2", "A99999999", "F1", "F9999999"])
def test_what_is_no_cell_of_the_sheet_is_refused(visitor: Visitor, folder: Path, cell: str) -> None:
    preview = visitor.upload(write(folder / "mine.xlsx", line("A-1", 价格="十九")))
    assert visitor.post(preview.url + "/cells", cell=cell, value="1").alert
    assert visitor.get(preview.url).has("approve"), "the preview is still there"


def test_of_two_fields_for_one_cell_the_one_that_was_filled_counts(visitor: Visitor, folder: Path) -> None:
    preview = visitor.upload(write(folder / "mine.xlsx", line("A-1", 价格="十九")))
    again = visitor.settled(visitor.post(preview.url + "/cells", cell=["F2", "F2"], value=["19", ""]))
    assert again.count("update") == 1


def test_what_was_decided_outlasts_a_correction_and_a_new_preview(
    visitor: Visitor, synced: Path, sandbox: Sandbox
) -> None:
    type_in(synced, "A-1", "价格", 21)
    type_in(synced, "A-2", "价格", 21)
    type_in(synced, "A-3", "价格", "十九")
    by_hand(sandbox, "A-2", price=23)
    preview = visitor.upload(synced)
    visitor.post(preview.url + "/tick", row=2)
    visitor.post(preview.url + "/settle", row=3, path=PRICE, choice="platform")
    again = visitor.settled(visitor.post(preview.url + "/cells", cell="F4", value="22"))
    again = visitor.settled(visitor.post(again.url + "/again"))
    assert "将改动 1 个" in again.html
    assert visitor.approve(again).count("done") == 1
    assert [held(sandbox, code)[PRICE] for code in CODES] == [2000, 2300, 2200]


def test_a_settled_conflict_is_asked_again_where_the_platform_changed_once_more(
    visitor: Visitor, synced: Path, sandbox: Sandbox
) -> None:
    preview = conflicting(visitor, synced, sandbox)
    visitor.post(preview.url + "/settle", row=2, path=PRICE, choice="platform")
    by_hand(sandbox, "A-1", price=24)
    again = visitor.settled(visitor.post(preview.url + "/again"))
    assert 'value="sheet" form="approve-form" checked' in again.html


def test_every_tile_leads_somewhere(visitor: Visitor, folder: Path) -> None:
    preview = visitor.upload(write(folder / "mine.xlsx", line("A-1", 价格=21)))
    tiles = re.findall(r'class="tile [^"]*" href="([^"]*)"', preview.html)
    assert {visitor.get(preview.url + tile).status for tile in tiles} == {200}


def test_a_tick_that_comes_after_the_approval_has_the_page_show_how_things_stand(
    visitor: Visitor, folder: Path, sandbox: Sandbox
) -> None:
    preview = visitor.upload(write(folder / "mine.xlsx", line("A-1", 价格=21)))
    visitor.approve(preview)
    late = visitor.session.post(preview.url + "/tick", data={"row": 2}, headers={"HX-Request": "true"})
    assert (late.status_code, late.headers["HX-Refresh"]) == (204, "true")


def test_a_renamed_code_and_one_that_only_looks_alike(visitor: Visitor, folder: Path, sandbox: Sandbox) -> None:
    assert visitor.approve(visitor.upload(write(folder / "mine.xlsx", line("A-1"), line("A-2")))).count("none") == 2
    renamed = {**line("A-1"), "商家编码": "甲-1"}
    lookalike = new_line("a-2")
    preview = visitor.upload(write(folder / "mine.xlsx", renamed, lookalike))
    assert (preview.count("update"), preview.count("publish"), preview.count("none")) == (0, 0, 0)
    chosen = visitor.settled(visitor.post(preview.url + "/again", more="yes", rekey="yes", as_new="a-2"))
    assert (chosen.count("update"), chosen.count("publish")) == (1, 1)
    kept = visitor.settled(visitor.post(chosen.url + "/again"))
    assert (kept.count("update"), kept.count("publish")) == (1, 1)
    assert visitor.settled(visitor.post(kept.url + "/again", more="yes")).count("update") == 0

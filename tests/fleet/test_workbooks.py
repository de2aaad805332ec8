"""A sheet that is kept in the database, read and written by whichever machine works for its shop."""

from __future__ import annotations

import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

import pytest

from sync import Consent
from sync.errors import Overtaken, Refusal
from sync.fields import PRICE
from sync.fleet.fleet import Fleet
from sync.fleet.workbooks import StoredSheet, Workbooks, private_copy
from sync.sandbox.server import Sandbox
from sync.service.shop import Shop
from sync.state.store import Store
from tests.cli.kills import Killed, meanwhile
from tests.cli.small_shop import CODES, Line, held, line, moving, results, rows, type_in, write
from tests.fleet.florist import (
    BY,
    SHOP,
    Stored,
    downloaded,
    fleet,
    florist,
    keys,
    no_waiting,
    platform,
    sandbox,
    settings_of,
    stored,
)

__all__ = ["fleet", "florist", "keys", "no_waiting", "platform", "sandbox", "stored"]


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where temporary files are made."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


@pytest.fixture
def shop(florist: Fleet) -> Iterator[Shop]:
    with florist.open_shop(SHOP) as opened:
        yield opened


def edited(fleet: Fleet, sheet: StoredSheet, folder: Path, *typed: object) -> None:
    """Somebody types into one cell of the sheet: its code, its header, and what."""
    file = downloaded(fleet, sheet, folder)
    type_in(file, *typed)  # type: ignore[arg-type]
    fleet.workbooks(SHOP).keep(sheet.name, file.read_bytes(), sheet.id)


@contextmanager
def dying(where: type, name: str) -> Iterator[None]:
    """The worker is killed when it comes there."""
    with patch.object(where, name, side_effect=Killed), pytest.raises(Killed):
        yield


def test_a_sheet_of_the_database_is_planned_applied_and_gets_its_results(
    florist: Fleet, shop: Shop, stored: Stored, sandbox: Sandbox, tmp_path: Path
) -> None:
    sheet = stored(line("A-1", 价格=25), moving("A-2", 5), line("A-3"))
    run = shop.apply(shop.plan(sheet), Consent(by=BY))
    assert (run.finished, run.delivered, held(sandbox, "A-1")[PRICE]) == (True, True, 2500)
    assert run.delivery is not None
    assert [(one.code, one.args["sheet"]) for one in run.delivery.said] == [("fleet.delivered", "周表.xlsx")]
    found = rows(downloaded(florist, sheet, tmp_path))
    assert (found["A-1"]["同步结果"], found["A-2"]["库存增减"]) == ("完成", None)
    assert shop.history()[0].sheet_name == "周表.xlsx"


def test_no_copy_stays_on_the_machine_and_none_is_others_to_read(
    shop: Shop, stored: Stored, temporary: Path, fleet: Fleet
) -> None:
    sheet, seen = stored(line("A-1", 价格=25)), list[int]()
    mode = stat.S_IMODE
    with patch.object(Path, "write_bytes", autospec=True) as write_bytes:
        write_bytes.side_effect = lambda path, content: seen.append(mode(path.parent.stat().st_mode))
        with private_copy(fleet.workbooks(SHOP).get(sheet.id)):
            pass
    assert seen == [0o700]
    shop.apply(shop.plan(sheet))
    with pytest.raises(Refusal):
        shop.plan(stored({"nothing": "at all"}))
    with dying(Workbooks, "put"):
        shop.apply(shop.plan(stored(line("A-2", 价格=25))))
    assert list(temporary.iterdir()) == []


# --- delivered once, and surely ----------------------------------------------------------------------------------
@pytest.mark.parametrize("death", [(Workbooks, "put"), (Store, "mark_delivered")], ids=["before", "after"])
def test_a_worker_that_dies_as_it_delivers_leaves_it_to_the_next(
    florist: Fleet, shop: Shop, stored: Stored, tmp_path: Path, death: tuple[type, str]
) -> None:
    sheet = stored(line("A-1", 价格=25), moving("A-2", 5))
    with dying(*death):
        shop.apply(shop.plan(sheet), Consent(by=BY))
    undelivered = shop.context.store.undelivered()
    assert undelivered is not None
    with Fleet.open(florist.state, keys=florist.keys) as other, other.open_shop(SHOP) as there:
        run = there.resume().run
        assert run is not None and run.delivered
        assert there.context.store.undelivered() is None
    found = rows(downloaded(florist, sheet, tmp_path))
    assert (found["A-1"]["同步结果"], found["A-2"]["库存增减"]) == ("完成", None)


def test_who_writes_into_it_meanwhile_loses_nothing(
    florist: Fleet, shop: Shop, stored: Stored, tmp_path: Path
) -> None:
    sheet, put = stored(line("A-1", 价格=25), line("A-2")), Workbooks.put
    others = iter([True])

    def put_late(workbooks: Workbooks, *what: object) -> bool:
        if next(others, False):
            edited(florist, sheet, tmp_path, "A-2", "标题", "改过的标题")
        return put(workbooks, *what)  # type: ignore[arg-type]

    with patch.object(Workbooks, "put", put_late):
        assert shop.apply(shop.plan(sheet)).delivered
    found = rows(downloaded(florist, sheet, tmp_path))
    assert (found["A-1"]["同步结果"], found["A-2"]["标题"]) == ("完成", "改过的标题")


def test_results_that_find_no_sheet_stay_in_the_state(florist: Fleet, shop: Shop, stored: Stored) -> None:
    sheet = stored(line("A-1", 价格=25))
    plan = shop.plan(sheet)
    with meanwhile(lambda: florist.workbooks(SHOP).remove(sheet.id)):
        run = shop.apply(plan)
    assert (run.finished, run.delivered) == (True, False)
    assert shop.context.store.undelivered() is not None
    with pytest.raises(Refusal) as caught:
        shop.plan(sheet)
    assert caught.value.message.code == "fleet.sheet_gone"


def test_a_sheet_that_can_not_take_its_results_has_them_beside_it(
    florist: Fleet, shop: Shop, fleet: Fleet, tmp_path: Path
) -> None:
    kept = fleet.workbooks(SHOP)
    sheet = kept.sheet(kept.keep("周表.csv", "商家编码,商品ID,价格\nA-1,7627361738101,25\n".encode()), "周表.csv")
    assert shop.apply(shop.plan(sheet)).delivered
    file = downloaded(florist, sheet, tmp_path)
    assert (file.name, results(file)) == ("周表.results.xlsx", {"A-1": "完成"})
    kept.remove(sheet.id)
    assert not sheet.is_there
    with pytest.raises(Refusal):
        kept.with_results(sheet.id)


# --- which sheet, and which version of it ------------------------------------------------------------------------
def test_a_sheet_that_was_replaced_since_its_plan_is_not_applied(
    florist: Fleet, shop: Shop, stored: Stored, tmp_path: Path, sandbox: Sandbox
) -> None:
    sheet = stored(line("A-1", 价格=25))
    plan = shop.plan(sheet)
    edited(florist, sheet, tmp_path, "A-1", "价格", 26)
    with pytest.raises(Overtaken):
        shop.apply(plan)
    assert held(sandbox, "A-1")[PRICE] == 2000


def test_a_plan_of_one_machine_is_applied_on_another(
    florist: Fleet, shop: Shop, stored: Stored, tmp_path: Path, sandbox: Sandbox
) -> None:
    sheet = stored(line("A-1", 价格=25), line("A-2"))
    shop.plan(sheet).save(tmp_path / "plan.json")
    with Fleet.open(florist.state, keys=florist.keys) as other, other.open_shop(SHOP) as there:
        run = there.apply(there.load(tmp_path / "plan.json"), Consent(by=BY))
    assert (run.delivered, held(sandbox, "A-1")[PRICE]) == (True, 2500)
    assert results(downloaded(florist, sheet, tmp_path))["A-1"] == "完成"


def uploaded_again(fleet: Fleet, sheet: StoredSheet) -> StoredSheet:
    """The same bytes under another id, as next week's upload has."""
    kept = fleet.workbooks(SHOP)
    return kept.sheet(kept.keep(sheet.name, kept.get(sheet.id).content), sheet.name)


def test_an_upload_is_known_by_its_content_and_then_by_the_id_in_it(
    florist: Fleet, shop: Shop, stored: Stored
) -> None:
    """A change that was carried out once is not carried out again, because the sheet comes another way."""
    sheet = stored(line("A-1"), moving("A-2", 5))
    plan = shop.plan(sheet)
    again = uploaded_again(florist, sheet)
    assert shop.apply(plan).delivered
    assert shop.plan(again).origin.id == plan.origin.id, "by its content"
    assert shop.plan(uploaded_again(florist, sheet)).origin.id == plan.origin.id, "by the id that its results brought"
    assert shop.plan(stored(line("A-1"), name="other.xlsx")).origin.id != plan.origin.id


def test_another_shops_sheet_is_not_found(florist: Fleet, stored: Stored, sandbox: Sandbox) -> None:
    sheet = stored(line("A-1"))
    florist.add("baker", settings_of(sandbox), BY)
    with pytest.raises(Refusal):
        florist.workbooks("baker").get(sheet.id)
    assert not florist.workbooks("baker").find(sheet.place).is_there


# --- under watch -------------------------------------------------------------------------------------------------
def test_a_sheet_under_watch_is_read_anew_only_after_a_change(
    fleet: Fleet, stored: Stored, sandbox: Sandbox, tmp_path: Path
) -> None:
    rule = {"kind": "stock", "off_at": 20, "on_at": 30}
    fleet.add(SHOP, settings_of(sandbox, rules=[rule]), BY)
    sheet = stored(*map(_alone, CODES))
    looks = patch.object(Workbooks, "get", autospec=True, side_effect=Workbooks.get)
    with fleet.open_shop(SHOP) as shop, looks as get:
        watching = shop.watch(sheet)
        first = watching.look()
        assert (first.trouble, first.tick.rows, len(first.acting)) == (None, 3, 3)
        before = get.call_count
        assert watching.look().tick.rows == 3
        assert get.call_count == before, "one small question a tick"
        kept = fleet.workbooks(SHOP)
        kept.keep(sheet.name, write(tmp_path / "less.xlsx", _alone("A-1")).read_bytes(), sheet.id)
        assert watching.look().tick.rows == 1


def _alone(code: str) -> Line:
    """A row whose status is left to the rules."""
    return line(code, 目标状态="")

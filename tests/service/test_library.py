"""`from sync import Shop`: the command line's job from Python, with DataFrames, events and typed errors."""

from __future__ import annotations

import subprocess
import sys
import threading
from contextlib import nullcontext
from decimal import Decimal
from pathlib import Path

import pytest

from sync import (
    Consent,
    Delivered,
    Event,
    GuardTripped,
    Locked,
    Overtaken,
    PlanRequest,
    Reading,
    Refusal,
    RowEnded,
    Sent,
    Shop,
    StateDown,
    Unfinished,
    Warned,
)
from sync.fields import INVENTORY, PRICE
from sync.sandbox.server import Sandbox
from tests.cli.small_shop import CODES, goods, held, line, results, type_in
from tests.service.frames import frame, moved, priced
from tests.sheet.workbooks import write_items

SIX_LINES = """
import sys
from sync import Shop, Consent
with Shop.open() as shop:
    plan = shop.plan(sys.argv[1])
    plan.summary; plan.guards; frame = plan.to_frame(); plan.save("plan.json")
    run = shop.apply(plan, Consent(by="小林", guards=("price",), delete=False), on_event=print)
    run.id; run.results; run.to_frame(); shop.undo(run.id); shop.history(); shop.pull()
print(run.id, [one.result.value for one in run.results], len(frame))
print(sorted({name.split(".")[0] for name in sys.modules} & {"typer", "rich", "click", "uvicorn", "starlette"}))
print(sorted(name for name in sys.modules if name.startswith(("sync.cli", "sync.demo", "sync.sandbox"))))
"""


def test_the_six_lines_load_no_terminal_and_no_page(synced: Path) -> None:
    type_in(synced, "A-2", "价格", 25)
    ran = subprocess.run(
        [sys.executable, "-c", SIX_LINES, str(synced)], cwd=synced.parent, capture_output=True, text=True, check=True
    )
    assert ran.stdout.splitlines()[-3:] == ["2 ['none', 'done', 'none'] 3", "[]", "[]"], ran.stderr
    assert results(synced) == {"A-1": "无变化", "A-2": "完成", "A-3": "无变化"}


def test_importing_the_face_loads_no_library() -> None:
    script = (
        "import sys; before = {*sys.modules}; import sync; print(sorted(name for name in {*sys.modules} - before))"
    )
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    loaded = {name.split(".")[0] for name in eval(ran.stdout)}
    assert loaded - sys.stdlib_module_names == {"sync"}


def test_a_thousand_rows_go_in_as_a_frame_and_come_out_as_one(shop: Shop, sandbox: Sandbox) -> None:
    codes = [f"B-{number}" for number in range(1, 1001)]
    sandbox.shop.load(goods(code) for code in codes)
    sheet = frame(*(priced(code, Decimal("19.90")) for code in codes))
    plan = shop.plan(sheet)
    assert (plan.summary.rows, plan.summary.update) == (1000, 1000)
    changes = plan.to_frame()
    assert list(changes.columns) == [
        "row", "outer_id", "item_id", "title", "action", "path", "before", "after", "why", "message",
    ]  # fmt: skip
    first = changes.iloc[0]
    assert (first.row, first.outer_id, first.path) == (2, "B-1", PRICE)
    assert (first.before, first.after, first.why) == (Decimal("20.00"), Decimal("19.90"), "edit")
    run = shop.apply(plan, Consent(by="小林"))
    ended = run.to_frame()
    assert list(ended.columns) == ["row", "outer_id", "item_id", "result", "note", "at"]
    assert [str(ended[name].dtype) for name in ("outer_id", "item_id", "result")] == ["string"] * 3
    assert set(ended.result) == {"done"}
    assert ended["at"].dt.tz is not None
    assert held(sandbox, "B-1000")[PRICE] == 1990


def test_a_frame_as_it_was_pulled_asks_for_nothing(synced: Path, shop: Shop) -> None:
    pulled = shop.pull()
    assert sorted(pulled["商家编码"]) == [*CODES]
    assert shop.plan(pulled).summary.none == len(CODES)


def test_the_rows_of_a_frame_are_named_as_a_sheets(shop: Shop, sandbox: Sandbox) -> None:
    checked = shop.check(frame(priced("A-1", "abc"), {**line("A-2"), "库存": -1}))
    told = checked.to_frame()
    errors = told[told.level == "error"]
    assert (checked.invalid, list(errors.row), list(errors.cell)) == (2, [2, 3], ["E2", "F3"])
    assert not sandbox.calls


def test_a_change_of_stock_in_a_frame_is_made_once(synced: Path, shop: Shop, sandbox: Sandbox) -> None:
    run = shop.apply(shop.plan(frame(moved("A-1", 5))))
    assert (run.delivered, held(sandbox, "A-1")[INVENTORY]) == (True, 15)
    assert [run.sheet_name for run in shop.history()] == ["DataFrame", "weekly.xlsx"]
    again = shop.plan(frame(moved("A-1", 5)))
    with pytest.raises(GuardTripped) as tripped:
        shop.apply(again)
    assert [(guard.name, len(guard.rows)) for guard in tripped.value.guards] == [("repeat", 1)]
    shop.apply(shop.plan(frame(moved("A-1", -2))))
    assert held(sandbox, "A-1")[INVENTORY] == 13


def test_a_consent_names_the_guards_or_all(synced: Path, shop: Shop, sandbox: Sandbox) -> None:
    plan = shop.plan(frame(priced("A-1", 2)))
    with pytest.raises(GuardTripped, match=r"guard\.tripped"):
        shop.apply(plan, Consent(guards=("stock",)))
    assert sandbox.writes == 0
    assert shop.apply(plan, Consent(guards=("all",))).finished
    assert held(sandbox, "A-1")[PRICE] == 200


def test_deleting_needs_a_consent_of_its_own(synced: Path, shop: Shop, sandbox: Sandbox) -> None:
    sheet = frame({**line("A-1"), "目标状态": "删除"})
    assert [one.result.value for one in shop.apply(shop.plan(sheet)).results] == ["blocked"]
    assert [one.result.value for one in shop.apply(shop.plan(sheet), Consent(delete=True)).results] == ["done"]


def test_a_plan_that_another_run_overtook_is_refused(synced: Path, shop: Shop, sandbox: Sandbox) -> None:
    old = shop.plan(frame(priced("A-1", 21)))
    shop.apply(shop.plan(frame(priced("A-1", 22))))
    with pytest.raises(Overtaken):
        shop.apply(old)
    assert held(sandbox, "A-1")[PRICE] == 2200


def test_a_plan_is_saved_and_applied_as_it_was_shown(synced: Path, shop: Shop, sandbox: Sandbox) -> None:
    type_in(synced, "A-1", "价格", 21)
    type_in(synced, "A-2", "价格", 22)
    shop.plan(synced).save(synced.with_name("plan.json"))
    sandbox.shop.modify(goods("A-2")["_sys"]["itemId"], '{"_sys":{"price":19}}')  # type: ignore[index]
    run = shop.apply(shop.load(synced.with_name("plan.json")))
    assert [one.result.value for one in run.results] == ["done", "skipped", "none"]


def test_undo_is_a_plan_like_any_other(synced: Path, shop: Shop, sandbox: Sandbox) -> None:
    run = shop.apply(shop.plan(frame(priced("A-1", 21), priced("A-2", 22))), Consent(by="小林"))
    assert {field.file for field in shop.item("A-1").fields() if field.path == PRICE} == {"DataFrame"}
    undo = shop.undo(run.id, only=["A-2"])
    assert [(row.row.outer_id, row.calls != ()) for row in undo.rows] == [("A-2", True)]
    shop.apply(undo)
    assert (held(sandbox, "A-1")[PRICE], held(sandbox, "A-2")[PRICE]) == (2100, 2000)
    newest, older, _ = shop.history()
    assert (newest.by, older.by) == ("", "小林")
    assert (newest.undoes, older.undone_by, newest.state) == (run.id, (newest.id,), "finished")
    assert shop.run(run.id).to_frame().equals(run.to_frame())


def test_events_tell_what_happens_in_order(synced: Path, shop: Shop) -> None:
    type_in(synced, "A-1", "价格", 21)
    heard: list[Event] = []
    plan = shop.plan(PlanRequest(synced))
    run = shop.apply(plan, on_event=heard.append)
    kinds = list(dict.fromkeys(type(event) for event in heard))
    assert kinds == [Sent, RowEnded, Delivered]
    row = next(event for event in heard if isinstance(event, RowEnded))
    delivered = next(event for event in heard if isinstance(event, Delivered))
    assert (row.run, row.result.outer_id) == (run.id, "A-1")
    assert (delivered.run, delivered.delivery) == (run.id, run.delivery)
    sent = [event for event in heard if isinstance(event, Sent)]
    assert (sent[0].done, sent[-1].ended, sent[-1].done) == (0, True, max(event.done for event in sent))


def test_a_listener_of_the_shop_hears_readings_and_warnings(synced: Path, folder: Path) -> None:
    heard: list[Event] = []
    with Shop.open(on_event=heard.append) as shop:
        sheet = write_items(folder / "a.xlsx", dict(line("A-1", 商家编码="A-1")))
        shop.plan(sheet)
    assert {type(event) for event in heard} >= {Reading}
    assert all(isinstance(event, Reading | Warned) for event in heard)


def test_a_stop_ends_cleanly_and_resume_goes_on(synced: Path, shop: Shop, sandbox: Sandbox) -> None:
    for code in CODES:
        type_in(synced, code, "价格", 21)
    stop = threading.Event()
    stop.set()
    run = shop.apply(shop.plan(synced), stop=stop)
    assert (run.finished, sandbox.writes) == (False, 0)
    with pytest.raises(Unfinished) as unfinished:
        shop.apply(shop.plan(frame(priced("A-1", 22))))
    assert unfinished.value.run == run.id
    resumed = shop.resume().run
    assert resumed is not None
    assert (resumed.id, resumed.finished, resumed.delivered) == (run.id, True, True)
    assert shop.resume().run is None


def test_a_name_that_isnt_of_the_face_is_an_attribute_error() -> None:
    import sync

    assert {*sync.__all__} <= {*dir(sync)} | {*sync._BY_NAME}
    with pytest.raises(AttributeError, match="Nothing"):
        _ = sync.Nothing


def test_settings_that_a_program_holds_are_all_that_counts(
    folder: Path, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ITEMSYNC_GATEWAY", "http://127.0.0.1:1/router/rest")
    settings = {
        "gateway": sandbox.gateway,
        "app_key": sandbox.app_key,
        "app_secret": sandbox.app_secret,
        "session": sandbox.session,
        "guards": {"deletions": 1},
    }
    with Shop.open("nails", settings=settings, state=folder / "nails.db", lang="en") as shop:
        assert shop.plan(frame(priced("A-1", 21))).summary.update == 1
    with Shop.open(settings={**settings, "gatway": "x"}) as shop, pytest.raises(Refusal) as refused:
        shop.plan(frame(priced("A-1", 21)))
    assert (refused.value.message.code, sandbox.app_secret in str(refused.value)) == ("config.unknown", False)


@pytest.mark.parametrize("held", [False, True], ids=["plan first", "lock first"])
def test_what_was_planned_without_the_lock_is_looked_at_again(
    synced: Path, shop: Shop, sandbox: Sandbox, held: bool
) -> None:
    with shop.alone() if held else nullcontext():
        plan = shop.plan(frame(priced("A-1", 21)))
        reads = sandbox.calls["taobao.open.item.get"]
        with shop.alone():
            shop.apply(plan)
    looked = sandbox.calls["taobao.open.item.get"] - reads
    # Each change is read back; what a person may have read for an hour is read before it, too.
    assert looked == (1 if held else 2)


@pytest.mark.parametrize("begun", [Sent, RowEnded, Delivered])
def test_a_listener_cant_change_the_shop_in_the_middle_of_a_job(
    synced: Path, shop: Shop, sandbox: Sandbox, begun: type[Event]
) -> None:
    other, refused = shop.plan(frame(moved("A-1", 3))), []

    def listen(event: Event) -> None:
        if isinstance(event, begun):
            for job in (shop.resume, lambda: shop.apply(other), lambda: shop.abandon(2)):
                with pytest.raises(Locked):
                    job()
                refused.append(job)

    with shop.alone():
        run = shop.apply(shop.plan(frame(moved("A-1", 5))), on_event=listen)
    assert (run.finished, held(sandbox, "A-1")[INVENTORY], len(shop.history())) == (True, 15, 2)
    assert refused
    assert shop.resume().run is None


def test_what_a_program_prints_has_no_secret_and_no_row(folder: Path, sandbox: Sandbox) -> None:
    sandbox.shop.load(goods(f"B-{number}") for number in range(1, 101))
    settings = {"gateway": sandbox.gateway, "app_key": sandbox.app_key}
    settings |= {"app_secret": sandbox.app_secret, "session": sandbox.session}
    with Shop.open(settings=settings, state=folder / "own.db") as shop:
        plan = shop.plan(frame(*(priced(f"B-{number}", 21) for number in range(1, 101))))
        run = shop.apply(plan)
        told = [repr(one) for one in (shop, shop.context, plan, run)]
    assert not [one for one in told if sandbox.app_secret in one or sandbox.session in one]
    assert max(map(len, told)) < 1000


def test_a_state_that_is_taken_away_in_mid_run_stops_it_before_anything_leaves(
    synced: Path, folder: Path, shop: Shop, sandbox: Sandbox
) -> None:
    state, away = folder / "state.db", folder / "away.db"
    plan = shop.plan(frame(priced("A-1", 21), moved("A-2", 5)))
    with pytest.raises(StateDown):
        shop.apply(plan, on_event=lambda event: isinstance(event, Sent) and state.exists() and state.rename(away))
    assert sandbox.writes == 0
    away.rename(state)
    with Shop.open() as again:
        resumed = again.resume().run
        assert resumed is None or resumed.finished
        again.apply(again.plan(frame(moved("A-3", 5))))
    assert (held(sandbox, "A-3")[INVENTORY], held(sandbox, "A-2")[INVENTORY]) in ((15, 10), (15, 15))

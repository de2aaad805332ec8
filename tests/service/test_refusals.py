"""What the library doesn't take: each reason has a class of its own, and nothing was done."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from sync import (
    Consent,
    GatewayDown,
    GuardTripped,
    Locked,
    NeedsWorksheet,
    Refusal,
    Shop,
    WrongShop,
)
from sync.sandbox.server import Sandbox
from tests.cli.small_shop import line
from tests.service.frames import frame, priced


def _two_worksheets(shop: Shop, _: Sandbox, sheet: Path) -> None:
    book = pd.ExcelWriter(sheet, engine="openpyxl")
    with book:
        for name in ("一", "二"):
            frame({**line("A-1")}).to_excel(book, sheet_name=name, index=False)
    shop.plan(sheet)


def _another_process(shop: Shop, _: Sandbox, sheet: Path) -> None:
    plan = shop.plan(sheet)
    with Shop.open() as other, other.alone():
        shop.apply(plan)


def _another_shop(_: Shop, __: Sandbox, sheet: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ITEMSYNC_APP_KEY", "99999999")
        with Shop.open() as other:
            other.plan(sheet)


def _no_such_file(shop: Shop, _: Sandbox, sheet: Path) -> None:
    shop.plan(sheet.with_name("none.xlsx"))


@pytest.mark.parametrize(
    ("do", "error"),
    [
        (_two_worksheets, NeedsWorksheet),
        (_another_process, Locked),
        (_another_shop, WrongShop),
        (_no_such_file, Refusal),
    ],
)
def test_each_reason_has_an_error_of_its_own(
    do: Callable[[Shop, Sandbox, Path], None], error: type[Refusal], synced: Path, shop: Shop, sandbox: Sandbox
) -> None:
    shop.apply(shop.plan(frame(priced("A-1", 21))))
    with pytest.raises(Refusal) as refused:
        do(shop, sandbox, synced)
    assert type(refused.value) is error
    assert refused.value.message.words("zh")


def test_a_gateway_that_refuses_is_down(synced: Path, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ITEMSYNC_SESSION", "nobody")
    with Shop.open() as shop, pytest.raises(GatewayDown):
        shop.plan(synced)


def test_another_shops_plan_is_never_carried_out(synced: Path, shop: Shop, sandbox: Sandbox) -> None:
    with Shop.open() as other, pytest.raises(ValueError, match="the shop that made it"):
        shop.apply(other.plan(frame(priced("A-1", 21))))
    assert sandbox.writes == 0


def test_a_consent_is_to_names_never_to_letters(synced: Path, shop: Shop, sandbox: Sandbox) -> None:
    for guards in ("small", "priceless", ("nope",), ("ALL",), None, 5):
        with pytest.raises(Refusal) as refused:
            Consent(guards=guards)  # type: ignore[arg-type]
        assert refused.value.message.code == "consent.guards"
    with pytest.raises(GuardTripped):
        shop.apply(shop.plan(frame(priced("A-1", 2))), Consent(guards="stock"))  # type: ignore[arg-type]
    assert sandbox.writes == 0
    assert Consent(guards=["price"]) == Consent(guards="price") == Consent(guards=("price",))  # type: ignore[arg-type]


@pytest.mark.parametrize("choice", ["on_conflict", "on_drift", "refresh"])
def test_a_choice_with_a_typing_error_is_refused(shop: Shop, choice: str) -> None:
    with pytest.raises(Refusal) as refused:
        shop.plan(frame(priced("A-1", 21)), **{choice: "Skip"})  # type: ignore[arg-type]
    assert refused.value.message.code == "plan.choice"


@pytest.mark.parametrize("sheet", [None, 5, b"a.xlsx", [], {"商家编码": ["A-1"]}, pd.Series(["A-1"])])
def test_what_is_no_sheet_is_refused(shop: Shop, sheet: object) -> None:
    with pytest.raises(Refusal) as refused:
        shop.plan(sheet)  # type: ignore[arg-type]
    assert refused.value.message.code == "sheet.neither"


def test_one_code_alone_is_a_code_and_not_its_letters(synced: Path, shop: Shop, sandbox: Sandbox) -> None:
    plan = shop.plan(frame(priced("A-1", 21), priced("A-2", 22)), only="A-1")
    assert [row.row.outer_id for row in plan.rows] == ["A-1"]
    undo = shop.undo(shop.apply(plan).id, only="A-1")
    assert [row.row.outer_id for row in undo.rows] == ["A-1"]
    assert len(shop.pull([7_627_361_738_101])) == 1  # type: ignore[list-item]


def test_no_answer_and_a_wrong_one_change_nothing(synced: Path, shop: Shop) -> None:
    shop.answer({})
    with pytest.raises(Refusal):
        shop.answer({"A-1": "maybe"})  # type: ignore[dict-item]


def test_a_plan_is_never_saved_over_its_sheet(synced: Path, shop: Shop) -> None:
    text, before = synced.with_name("weekly.csv"), synced.read_bytes()
    text.write_text("商家编码,价格\nA-1,21\n", encoding="utf-8")
    for sheet, target in ((synced, synced), (text, text), (text, synced)):
        with pytest.raises(Refusal) as refused:
            shop.plan(sheet).save(target)
        assert refused.value.message.code == "file.sheet"
    assert (synced.read_bytes(), text.read_text(encoding="utf-8")[:4]) == (before, "商家编码")


def test_guards_are_names_wherever_they_are_consented_to(synced: Path, shop: Shop) -> None:
    plan = shop.plan(frame(priced("A-1", 2)))
    assert [guard.name for guard in plan.refused("stock")] == ["price"]
    assert not plan.holding_back("stock").summary.calls
    for consent in (plan.refused, plan.holding_back, lambda guards: shop.watch(synced, guards=guards)):
        with pytest.raises(Refusal) as refused:
            consent("small")
        assert refused.value.message.code == "consent.guards"


@pytest.mark.parametrize("wrong", [{"delete": "no"}, {"delete": 1}, {"delete": None}, {"by": 5}, {"by": b"x"}])
def test_no_and_false_as_texts_are_no_consent_to_delete(wrong: dict[str, object]) -> None:
    with pytest.raises(Refusal) as refused:
        Consent(**wrong)  # type: ignore[arg-type]
    assert refused.value.message.code == "consent.kind"


def test_a_path_that_no_system_takes_is_a_refusal(shop: Shop) -> None:
    with pytest.raises(Refusal, match=r"sheet\.missing"):
        shop.plan("weekly\0.xlsx")

"""`--csv` and `--parquet`: plans, runs and what was pulled as tables for other programs."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pytest

from sync.sandbox.server import Sandbox
from sync.service.frames import export
from tests.cli.conftest import Command
from tests.cli.small_shop import CODES, item_id, type_in


def table(file: Path) -> pd.DataFrame:
    return pd.read_csv(file, dtype=str, keep_default_na=False)


def test_a_plan_a_run_and_a_shop_as_csv(synced: Path, itemsync: Command, sandbox: Sandbox) -> None:
    sandbox.shop.modify(item_id("A-3"), '{"_sys": {"title": "=1+1"}}')
    type_in(synced, "A-1", "价格", 21.5)
    files = [synced.with_name(f"{name}.csv") for name in ("plan", "run", "shop")]
    assert itemsync("plan", synced, "--csv", files[0]).code == 0
    assert itemsync("apply", synced, "--yes", "--force", "all").code == 0
    assert itemsync("show", 2, "--csv", files[1]).code == 0
    sandbox.shop.modify(item_id("A-3"), '{"_sys": {"title": "=1+1"}}')
    assert itemsync("pull", "--csv", files[2], "--json").json["file"] == str(files[2])
    plan, run, shop = map(table, files)
    change = plan[plan.outer_id == "A-1"].iloc[0]
    assert [change.path, Decimal(change.before), Decimal(change.after)] == [
        "_sys@price",
        Decimal(20),
        Decimal("21.5"),
    ]
    assert run.result.tolist() == ["done", "none", "done"]
    assert (sorted(shop["商家编码"]), shop["标题"].iloc[-1]) == ([*CODES], "'=1+1")
    assert files[0].read_bytes().startswith("\ufeff".encode())


def test_a_count_is_a_whole_number_whatever_stands_beside_it(synced: Path, itemsync: Command) -> None:
    file = synced.with_name("plan.csv")
    type_in(synced, "A-1", "库存", 9)
    assert itemsync("plan", synced, "--csv", file).code == 0
    plan = table(file)
    assert plan[["before", "after"]].values.tolist() == [["10", "9"], ["", ""], ["", ""]]


@pytest.mark.parametrize("cells", [2, 100_000])
def test_a_table_is_the_same_however_many_rows_are_written_together(
    tmp_path: Path, cells: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sync.service.frames._CELLS", cells)
    rows = {"day": [datetime(2026, 11, 20), None, None], "held": [3, None, Decimal("1.50")]}
    file = tmp_path / "out.csv"
    export(pd.DataFrame({name: pd.Series(values, dtype=object) for name, values in rows.items()}), file, None)
    assert file.read_text(encoding="utf-8-sig") == "day,held\n2026-11-20,3\n,\n,1.50\n"


@pytest.mark.parametrize("command", [("plan", "weekly.xlsx"), ("pull",)])
def test_parquet_says_what_it_needs_and_a_place_that_cannot_be_written_is_named(
    command: tuple[str, ...], synced: Path, itemsync: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(synced.parent)
    refused = itemsync(*command, "--parquet", "out.parquet", "--json")
    assert (refused.code, refused.error) == (2, "export.parquet")
    refused = itemsync(*command, "--csv", "nowhere/out.csv", "--json")
    assert (refused.code, refused.error) == (2, "file.unwritable")


@pytest.mark.parametrize("option", ["--csv", "--parquet", "--html", "-o"])
def test_no_plan_is_written_over_a_sheet(synced: Path, itemsync: Command, option: str) -> None:
    text = synced.with_name("weekly.csv")
    text.write_text("商家编码,价格\nA-1,21\n", encoding="utf-8")
    for sheet, target in ((synced, synced), (text, synced), (text, text), (synced, synced.with_name("new.xlsx"))):
        before = [file.read_bytes() for file in (synced, text)]
        refused = itemsync("plan", sheet, option, target, "--json")
        assert (refused.code, refused.error) == (2, "file.sheet")
        assert [file.read_bytes() for file in (synced, text)] == before


@pytest.mark.parametrize("command", [("show", "1"), ("pull",)])
@pytest.mark.parametrize("option", ["--csv", "--parquet"])
def test_no_table_is_written_over_a_workbook(
    synced: Path, itemsync: Command, command: tuple[str, ...], option: str
) -> None:
    before = synced.read_bytes()
    refused = itemsync(*command, option, synced, "--json")
    assert (refused.code, refused.error) == (2, "file.sheet")
    assert synced.read_bytes() == before

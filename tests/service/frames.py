"""Sheets as DataFrames, as short as a test wants them."""

from __future__ import annotations

import pandas as pd

from tests.cli.small_shop import line


def frame(*lines: dict[str, object]) -> pd.DataFrame:
    return pd.DataFrame([*lines])


def priced(code: str, price: object) -> dict[str, object]:
    return {**line(code), "价格": price}


def moved(code: str, by: int) -> dict[str, object]:
    return {"商家编码": code, "库存增减": by}

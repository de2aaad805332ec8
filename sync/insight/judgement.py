"""What the measures mean: how fast an item sells, how long its stock lasts, and what to order
(docs/reference/insight.md)."""

from __future__ import annotations

import numpy as np
import pandas as pd

from sync.insight.timeline import Array

LOW, HIGH = 4 * 7, 13 * 7
"""Days of cover: fewer are low, more are excess."""
TARGET = 8 * 7
"""Days of sales that a restock reaches for: four weeks until the goods are there, four weeks until the next order."""
SHARE_A, SHARE_B = 0.80, 0.95
"""Of the turnover, from the top: items up to the first are A, up to the second B, the rest C."""


def judged(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the measures with what they mean: see `figures`."""
    velocity = frame["sold"] / frame["days_in_stock"].where(frame["days_in_stock"] > 0)
    frame = frame.assign(velocity=velocity.fillna(0.0))
    stock = frame["stock"].astype("Float64").to_numpy(dtype=float, na_value=np.nan)
    sells = frame["velocity"].to_numpy() > 0
    cover = np.where(stock == 0, 0.0, np.where(sells, stock / np.where(sells, frame["velocity"], 1.0), np.nan))
    offered = frame["sold"] + np.nan_to_num(stock)
    return frame.assign(
        days_of_cover=cover,
        sell_through=(frame["sold"] / offered.where(offered > 0)).astype(float),
        abc=_abc(frame["turnover_fen"].to_numpy()),
        band=_band(stock, cover, frame["days_known"].to_numpy()),
        slow=frame["slow"] & (stock > 0),
        suggest=_suggested(frame, stock, cover),
    )


def _abc(turnover: Array) -> Array:
    """Return the class of each item: those that make the first 80% of the turnover, the next 15%, and the rest."""
    order = np.argsort(-turnover, kind="stable")
    ranked = turnover[order].astype(float)
    above = (np.cumsum(ranked) - ranked) / max(ranked.sum(), 1.0)
    classes = np.where(ranked <= 0, "C", np.where(above < SHARE_A, "A", np.where(above < SHARE_B, "B", "C")))
    found = np.empty(len(turnover), dtype=object)
    found[order] = classes
    return found


def _band(stock: Array, cover: Array, known: Array) -> Array:
    # What never sold has cover without end. But that is only said of items that were watched for a while.
    endless = np.isnan(cover) & (known >= LOW)
    choices = [np.isnan(stock), stock == 0, cover < LOW, (cover > HIGH) | endless]
    return np.select(choices, np.array([None, "out", "low", "excess"], dtype=object), "healthy")


def _suggested(frame: pd.DataFrame, stock: Array, cover: Array) -> Array:
    """Return the units to order: up to `TARGET` days of sales for what lasts less than `LOW`.

    Never for more days than the item was watched: a day of sales doesn't tell what eight weeks will sell. Nothing for
    an item that somebody took off sale with stock left, or of which a stock move was lost.
    """
    known = np.maximum(frame["days_known"].to_numpy(), 1.0)
    velocity = frame["velocity"].to_numpy()
    wanted = np.ceil(np.round(velocity * np.minimum(TARGET, known) - stock, 6))
    held = (frame["off"].to_numpy(dtype=bool) & (stock > 0)) | frame["lost"].to_numpy(dtype=bool)
    needed = (velocity > 0) & (cover < np.minimum(LOW, known)) & ~held
    return np.where(needed & (wanted > 0), np.nan_to_num(wanted), 0).astype("int64")

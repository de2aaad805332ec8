"""What the shop learns of each item: a row an item (docs/reference/insight.md)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import pandas as pd

from sync.insight.judgement import judged
from sync.insight.measures import measures
from sync.insight.price_effect import price_effects
from sync.insight.timeline import Looks, milliseconds, timeline

_KEY = ["outer_id", "sku"]
_ZEROS = ("sold", "sold_most", "came", "turnover_fen", "days_known", "days_observed", "observed", "days_in_stock")
_NOS = ("doubtful", "slow", "off", "lost")


@dataclass(frozen=True)
class Period:
    """The time that figures are of."""

    since: datetime
    now: datetime

    @property
    def bounds(self) -> tuple[int, int]:
        """Both ends in milliseconds since 1970."""
        since, now = milliseconds(pd.Series([self.since, self.now]))
        return int(since), int(now)


def measured(
    observations: pd.DataFrame, changes: pd.DataFrame, period: Period, looks: Sequence[Looks] = ()
) -> pd.DataFrame:
    """Return what was measured of each item: see `timeline`, `measures` and `price_effects`.

    Each item stands alone, so that those of a large shop can be measured some thousands at a time.
    """
    catalog = timeline(observations, changes, looks)
    return measures(catalog, *period.bounds).join(price_effects(catalog.events, len(catalog.keys)))


def figures(
    parts: Iterable[pd.DataFrame], items: pd.DataFrame | None = None, gone: Collection[str] = ()
) -> pd.DataFrame:
    """Return the figures of each item, of all that was `measured`, part by part.

    `items`: `outer_id, sku, stock, price_fen, off` of what the shop has, also of what was never observed; None: only
    items that were observed. `gone`: codes of items that it doesn't have any more.

    Columns: `outer_id, sku` (empty: the item as a whole), `sold, sold_most, came, doubtful, turnover_fen, first_seen,
    last_seen, days_known, days_observed, observed, days_in_stock, velocity` (units a day), `stock` and `price_fen`
    (Int64), `days_of_cover` (NaN: nothing is sold), `sell_through, abc, band, slow, last_sold, suggest`, what stands
    in the way of a suggestion (`off, lost`), and the price's effect: `price_changed, price_before, price_after,
    price_effect`.
    """
    frame = pd.concat(parts, ignore_index=True)
    return judged(frame if items is None else _of_shop(frame, items, gone)).reset_index(drop=True)


def _of_shop(frame: pd.DataFrame, items: pd.DataFrame, gone: Collection[str]) -> pd.DataFrame:
    """Return a row for each item of the shop; one that is known by its SKUs has a row for each of these."""
    frame = frame[~frame["outer_id"].isin(gone)]
    by_sku = set(frame.loc[frame["sku"].ne(""), "outer_id"])
    items = items[[*_KEY, "stock", "price_fen", "off"]]
    listed = items[items["sku"].ne("") | ~items["outer_id"].isin(by_sku)]
    keys = pd.concat([listed[_KEY], frame[_KEY]]).drop_duplicates()
    frame = keys.merge(frame, on=_KEY, how="left").merge(
        listed, on=_KEY, how="left", suffixes=("", "_known"), validate="1:1"
    )
    # What nobody has observed yet stands as it was last remembered.
    for name in ("stock", "price_fen"):
        frame[name] = frame[name].fillna(frame[f"{name}_known"].astype("Int64"))
    frame["off"] = frame["off"].astype("boolean").fillna(frame["off_known"].astype("boolean")).fillna(False)
    for name in _ZEROS:
        frame[name] = frame[name].fillna(0)
    for name in _NOS:
        frame[name] = frame[name].astype("boolean").fillna(False).astype(bool)
    whole = [name for name in ("sold", "sold_most", "came", "turnover_fen") if name in frame]
    frame[whole] = frame[whole].astype("int64")
    return frame.drop(columns=["stock_known", "price_fen_known", "off_known"])

"""What the shop learned from looking at it: figures of each item, and a sheet to restock from
(docs/reference/insight.md)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pandas as pd

from sync.codes import split_key
from sync.errors import Refusal
from sync.fields import INVENTORY, PRICE, STATUS, TITLE
from sync.insight.figures import Period, figures
from sync.insight.series import ItemSeries, item_series
from sync.item import Baseline, Status, number, yuan
from sync.learned import BANDS, INSIGHT_FORMAT, InsightDocument, InsightItemDocument, ItemFigures, ShopFigures
from sync.legible import LazyRows
from sync.messages import say
from sync.service.files import refuse_old, told_when_unwritable
from sync.service.observed import measured_items, of_item
from sync.service.shop_identity import shop_document
from sync.sheet.making.restock import RestockRow, write_restock
from sync.sku import listing_of
from sync.state.known_items import known_items

if TYPE_CHECKING:
    from sync.service.context import Context

USUAL = timedelta(weeks=13)
"""The period, if nobody says another one."""
TOGETHER = 5_000
"""Items of which rows are made together."""
FEW = 10
"""Lines of a list that a person reads at once."""

_TOLD = (
    "outer_id", "sku", "item_id", "title", "sold", "sold_most", "came", "doubtful", "days_observed", "observed",
    "days_in_stock", "velocity", "stock", "days_of_cover", "sell_through", "abc", "band", "slow", "last_sold",
    "price", "price_changed", "price_before", "price_after", "price_effect", "suggest",
)  # fmt: skip


@dataclass(frozen=True, repr=False)
class Insight:
    """What was learned of each item within a period."""

    figures: pd.DataFrame
    """As `sync.insight.figures.figures` returns them, with `item_id` and `title`."""
    period: Period
    context: Context = field(repr=False)

    def to_frame(self) -> pd.DataFrame:
        """Return a table with a row an item. Prices are `Decimal` yuan, counts whole numbers, days floats."""
        from sync.service.frames import money

        frame = self.figures.assign(price=money(self.figures["price_fen"]))
        for name in ("price_before", "price_after"):
            frame[name] = money(frame[name])
        texts = dict.fromkeys(("outer_id", "sku", "item_id", "title", "abc", "band"), "string")
        return frame[[*_TOLD]].astype(texts)

    @cached_property
    def summary(self) -> ShopFigures:
        """The shop in figures."""
        frame, period = self.figures, self.period
        seen = frame["last_seen"].max() if len(frame) else pd.NaT
        watched = frame.loc[frame["days_known"] > 0, "observed"]
        return ShopFigures(
            period.since,
            period.now,
            _moment(frame["first_seen"].min() if len(frame) else pd.NaT),
            _moment(seen),
            float(frame["days_known"].max()) if len(frame) else 0.0,
            len(frame),
            int(frame["sold"].sum()),
            round(float(watched.mean()), 4) if len(watched) else 0.0,
            {band: int(frame["band"].eq(band).sum()) for band in BANDS},
            int(frame["slow"].sum()),
            int(frame["doubtful"].sum()),
            int(frame["suggest"].gt(0).sum()),
            int(frame["suggest"].sum()),
        )

    @property
    def top(self) -> Sequence[ItemFigures]:
        """What sold best, in units."""
        return self._lines(self.figures["sold"] > 0, ["sold"], ascending=False)

    @property
    def ending(self) -> Sequence[ItemFigures]:
        """What runs out first, of what sells."""
        frame = self.figures
        return self._lines(frame["band"].isin(["out", "low"]) & (frame["velocity"] > 0), ["days_of_cover"])

    @property
    def slow(self) -> Sequence[ItemFigures]:
        """What hasn't sold for long, the most stock first."""
        return self._lines(self.figures["slow"], ["stock"], ascending=False)

    def _lines(self, which: pd.Series[bool], by: list[str], *, ascending: bool = True) -> Sequence[ItemFigures]:
        chosen = self.figures[which].sort_values(by, ascending=ascending, kind="stable").head(FEW)
        return [_line(one) for one in chosen.to_dict("records")]

    def document(self) -> InsightDocument:
        """Return its JSON."""
        return {**self.streamed(), "items": [*self._documents()]}

    def _documents(self) -> Iterator[InsightItemDocument]:
        return map(_document, _records(self.figures))

    def streamed(self) -> InsightDocument:
        """Return its JSON, of which the items are made as they are written (`legible.json_parts`)."""
        one = self.summary
        return {
            "format_version": INSIGHT_FORMAT,
            "shop": {name: str(value) for name, value in shop_document(self.context).items()},
            "summary": {
                "since": one.since.isoformat(),
                "until": one.until.isoformat(),
                "first_seen": one.first_seen.isoformat() if one.first_seen else None,
                "last_seen": one.last_seen.isoformat() if one.last_seen else None,
                "days": round(one.days, 2),
                "items": one.items,
                "sold": one.sold,
                "observed": one.observed,
                "out": one.bands["out"],
                "low": one.bands["low"],
                "healthy": one.bands["healthy"],
                "excess": one.bands["excess"],
                "slow": one.slow,
                "doubtful": one.doubtful,
                "suggested": one.suggested,
                "units": one.units,
            },
            "items": cast("list[InsightItemDocument]", LazyRows(len(self.figures), self._documents)),
        }

    def write_restock(self, out: Path) -> int:
        """Write a sheet to restock from, what runs out first on top; returns how many items it suggests to restock.

        Raises Refusal for a file that is there already or can't be made, and where the channel can't change stock.
        """
        refuse_old(out)
        if not self.context.abilities.writes(INVENTORY):
            raise Refusal(say("insight.no_stock"))
        frame = self.figures.assign(rank=self.figures["suggest"].eq(0))
        rows = _records(frame.sort_values(["rank", "days_of_cover"], kind="stable"))
        with told_when_unwritable(out):
            write_restock(out, [_restock_row(row) for row in rows], self.context.sheet_language)
        return self.summary.suggested


def insight(context: Context, since: datetime | None, weeks: int | None) -> Insight:
    """Return what is known of the last weeks, or since a moment. Raises Refusal for a period that isn't one."""
    now = context.clock.now()
    start = since or now - (timedelta(weeks=weeks) if weeks else USUAL)
    if start >= now:
        raise Refusal(say("insight.future"))
    period = Period(start, now)
    items, gone = _of_state(context)
    frame = figures(measured_items(context.store, period), items, gone)
    named = frame.merge(items[["outer_id", "sku", "item_id", "title"]], on=["outer_id", "sku"], how="left")
    return Insight(named.fillna({"item_id": "", "title": ""}), period, context)


def _of_state(context: Context) -> tuple[pd.DataFrame, list[str]]:
    """Return the items that the shop has, and the codes of those that it doesn't have any more."""
    gone: list[str] = []
    parts: list[pd.DataFrame] = []
    for known in known_items(context.store):
        parts.append(_items(known))
        gone += (key for key, one in known.items() if one.deleted and split_key(key)[1] is None)
    return pd.concat(parts, ignore_index=True) if parts else _items({}), gone


def series(context: Context, code: str) -> ItemSeries:
    """Return how the stock and the price of an item went."""
    return item_series(*of_item(context.store, code))


def _items(baselines: Mapping[str, Baseline]) -> pd.DataFrame:
    """Return the items that the shop has, as they are remembered."""
    lines = [
        (
            *_split(key),
            listing_of(known.item_id or ""),
            str(known.remote.get(TITLE) or ""),
            number(known.remote.get(INVENTORY)),
            number(known.remote.get(PRICE)),
            known.remote.get(STATUS) not in (None, Status.ACTIVE),
        )
        for key, known in baselines.items()
        if not known.deleted and not known.never_seen
    ]
    frame = pd.DataFrame(lines, columns=["outer_id", "sku", "item_id", "title", "stock", "price_fen", "off"])
    return frame.astype({"stock": "Int64", "price_fen": "Int64", "off": bool})


def _split(key: str) -> tuple[str, str]:
    code, sku = split_key(key)
    return code, sku or ""


def _line(row: dict[Any, Any]) -> ItemFigures:
    return ItemFigures(
        row["outer_id"],
        row["title"],
        row["sold"],
        float(row["velocity"]),
        _whole(row["stock"]),
        _float(row["days_of_cover"]),
        _moment(row["last_sold"]),
        row["suggest"],
        row["sku"],
    )


def _restock_row(row: dict[Any, Any]) -> RestockRow:
    sold_out = row["suggest"] > 0 and row["stock"] == 0 and row["off"]
    return RestockRow(_line(row), row["item_id"], turn_on=bool(sold_out))


def _records(frame: pd.DataFrame) -> Iterator[dict[Any, Any]]:
    """Yield the rows of a frame, some thousand at a time: a value of its own for each cell is ten times the frame."""
    for start in range(0, len(frame), TOGETHER):
        yield from frame.iloc[start : start + TOGETHER].to_dict("records")


def _document(row: dict[Any, Any]) -> InsightItemDocument:
    last, price = _moment(row["last_sold"]), _whole(row["price_fen"])
    return {
        "outer_id": row["outer_id"],
        "sku": row["sku"] or None,
        "item_id": row["item_id"] or None,
        "title": row["title"] or None,
        "sold": row["sold"],
        "sold_most": row["sold_most"],
        "came": row["came"],
        "doubtful": row["doubtful"],
        "days_observed": round(row["days_observed"], 2),
        "observed": round(row["observed"], 4),
        "days_in_stock": round(row["days_in_stock"], 2),
        "velocity": round(row["velocity"], 4),
        "stock": _whole(row["stock"]),
        "days_of_cover": _float(row["days_of_cover"], 1),
        "sell_through": _float(row["sell_through"], 4),
        "abc": row["abc"],
        "band": row["band"],
        "slow": row["slow"],
        "last_sold": last.isoformat() if last else None,
        "price": None if price is None else yuan(price),
        "price_effect": _float(row["price_effect"], 4),
        "suggest": row["suggest"],
    }


def _float(value: float, digits: int = 6) -> float | None:
    return None if pd.isna(value) else round(float(value), digits)


def _whole(value: Any) -> int | None:
    return None if pd.isna(value) else int(value)


def _moment(value: Any) -> datetime | None:
    return None if pd.isna(value) else value.to_pydatetime()

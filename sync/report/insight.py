"""What the shop learned, in the terminal: what sells best, what runs out, what stands still, and what to do next."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from rich.console import Console
from rich.text import Text

from sync.fields import INVENTORY, OUTER_ID, TITLE, path_words
from sync.item import clock_text
from sync.learned import BANDS, ItemFigures, ShopFigures
from sync.legible import legible
from sync.messages import Language, Message, say
from sync.report.prose import Prose
from sync.report.table import plain_table, tiles_line
from sync.report.tiles import Tile

ENOUGH = timedelta(weeks=4)
"""So long a shop has to be watched before cover and restock mean much."""
LEAST = 0.8
"""A smaller share of days observed is told of."""


LISTS = {
    "top": ("sold", "week", "stock", "days"),
    "ending": ("stock", "week", "days", "suggest"),
    "slow": ("stock", "last"),
}
"""The lists of items, and the columns of each beside code and title."""


@dataclass(frozen=True)
class ItemLists:
    """The items to be told of."""

    top: Sequence[ItemFigures]
    ending: Sequence[ItemFigures]
    slow: Sequence[ItemFigures]


def print_insight(shop: ShopFigures, lists: ItemLists, language: Language, console: Console) -> None:
    """Print a shop's figures and its lists."""
    if not shop.days:
        _line(console, nothing_yet(shop), language)
        return
    _line(console, headline(shop), language, "bold")
    console.print(tiles_line(_tiles(shop, language), console.width), "")
    for name, columns in LISTS.items():
        if items := getattr(lists, name):
            _line(console, say(f"insight.list.{name}"), language, "bold")
            _print_items(items, columns, language, console)
    for message in remarks(shop):
        _line(console, message, language, "yellow")
    _line(console, say("insight.next" if shop.suggested else "insight.enough", count=shop.suggested), language)


def headline(shop: ShopFigures) -> Message:
    """Say what was sold, and how much of the time was observed."""
    return say("insight.sold", since=_day(shop), until=clock_text(shop.until), count=shop.sold, share=_percent(shop))


def nothing_yet(shop: ShopFigures) -> Message:
    """Say when there will be figures."""
    if shop.first_seen is None:
        return say("insight.never")
    return say("insight.once", at=clock_text(shop.first_seen))


def remarks(shop: ShopFigures) -> Iterator[Message]:
    """Yield what makes the figures less sure, each with what to do."""
    if shop.first_seen and (ready := shop.first_seen + ENOUGH) > shop.until:
        yield say("insight.young", days=max(1, round(shop.days)), at=clock_text(ready)[:10])
    elif shop.observed < LEAST:
        yield say("insight.gaps", share=_percent(shop))
    if shop.last_seen and shop.until - shop.last_seen > timedelta(days=8):
        yield say("insight.stale", at=clock_text(shop.last_seen))
    if shop.doubtful:
        yield say("insight.doubtful", count=shop.doubtful)


def _percent(shop: ShopFigures) -> str:
    return f"{shop.observed:.0%}"


def _day(shop: ShopFigures) -> str:
    """The day on which the period begins, or the first look if that is later."""
    return clock_text(max(shop.since, shop.first_seen or shop.since))[:10]


def _tiles(shop: ShopFigures, language: Language) -> Iterator[Tile]:
    for band in BANDS:
        yield Tile(band, say(f"insight.band.{band}").words(language), shop.bands[band])
    yield Tile("slow", say("insight.band.slow").words(language), shop.slow)


_CELLS: dict[str, Callable[[ItemFigures], str]] = {
    "sold": lambda item: str(item.sold),
    "week": lambda item: f"{item.velocity * 7:.1f}",
    "stock": lambda item: "-" if item.stock is None else str(item.stock),
    "days": lambda item: "-" if item.days_of_cover is None else f"{item.days_of_cover:.0f}",
    "suggest": lambda item: f"+{item.suggest}" if item.suggest else "-",
    "last": lambda item: clock_text(item.last_sold)[:10] if item.last_sold else "-",
}


def _print_items(items: Sequence[ItemFigures], columns: Sequence[str], language: Language, console: Console) -> None:
    lines = plain_table(console.width)
    lines.add_column(path_words(OUTER_ID, language), max_width=24, overflow="fold")
    lines.add_column(path_words(TITLE, language), ratio=1)
    for name in columns:
        lines.add_column(head(name, language), justify="right", no_wrap=True)
    for item in items:
        code = f"{item.outer_id} / {item.sku}" if item.sku else item.outer_id
        cells = (Text(cell(name, item)) for name in columns)
        lines.add_row(Text(legible(code)), Prose(Text(legible(item.title)), lines=1), *cells)
    console.print(lines, "")


def cell(name: str, item: ItemFigures) -> str:
    """Return what stands in a column."""
    return _CELLS[name](item)


def head(name: str, language: Language) -> str:
    """Return the header of a column."""
    return path_words(INVENTORY, language) if name == "stock" else say(f"insight.column.{name}").words(language)


def _line(console: Console, message: Message, language: Language, style: str = "") -> None:
    console.print(Prose(Text(message.words(language), style)))

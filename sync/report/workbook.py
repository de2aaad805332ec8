"""The run's report as a workbook: how it ended in numbers, every change with what became of it, and the stock."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from io import BytesIO
from itertools import islice
from math import ceil
from pathlib import Path

from xlsxwriter.utility import xl_range  # type: ignore[import-untyped]

from sync.atomic_files import write_whole
from sync.call import Outcome, RowResult
from sync.fields import kind
from sync.item import clock_text
from sync.legible import legible
from sync.messages import Language, Message, say
from sync.plan.plan import Plan
from sync.report.figures import ending_words, plan_tiles, result_tiles, unread
from sync.report.report_sheet import COLOURS, INKS, ReportSheet, ReportStyles
from sync.report.stock import FEW, Stock, presumably_sold, reported, running_low
from sync.report.tiles import Tile
from sync.report.words import ChangeLine, Entry
from sync.workbooks import filling, width_of

MOST_CHANGES = 100_000
"""Lines of the second sheet: more would take a minute to write, and no person reads them; `show` has them all."""
MOST_IN_MEMORY = 1_000
"""Lines of a report that isn't drafted on the disk: to make files of its parts takes longer than to fill them."""
LINE_HEIGHT = 15
"""Points."""
MOST_LINES = 12
"""Lines of text that a row of the report grows to."""
COLUMNS = {
    "row": 6,
    "result": 10,
    "code": 16,
    "item_id": 18,
    "title": 34,
    "field": 14,
    "before": 20,
    "after": 20,
    "why": 12,
    "note": 64,
}
"""The columns of the second sheet, and their widths in characters."""

History = Sequence[int | None]
"""Units week by week, the oldest first; None: nobody knows."""
Histories = Callable[[Collection[str]], Mapping[str, History]]
"""Finds how the stock of items went, by their codes."""

STOCK_COLUMNS = {"row": 6, "code": 16, "title": 44, "last": 16, "now": 16, "sold": 16, "left": 16}
"""The columns of the sheets about stock, and their widths in characters."""


def write_report(
    out: Path,
    plan: Plan,
    results: Sequence[RowResult],
    language: Language,
    *,
    at: datetime,
    sheet: str,
    shop: Message | None = None,
    histories: Histories = lambda _: {},
) -> None:
    """Write the report of a run of `sheet` in `shop` that ended at `at`; raises OSError if `out` can't be written.

    `histories`: how the stock of items went.
    """
    rows, stocks = reported(plan, language, results, _tells)
    sold, low = presumably_sold(stocks), running_low(stocks)
    went = histories({stock.entry.outer_id for stock in (*sold, *low)})
    lines = sum(max(1, len(entry.changes)) for entry in rows)
    left_out = unread(plan)
    facts = [
        say("report.workbook.heading", sheet=sheet),
        say("report.workbook.made", at=clock_text(at)),
        *([say("shop.line", shop=shop)] if shop else []),
        *([left_out] if left_out else []),
        *([say("report.workbook.more", count=lines - MOST_CHANGES)] if lines > MOST_CHANGES else []),
    ]
    blocks = {
        "report.workbook.results": result_tiles(results, language),
        "report.workbook.planned": plan_tiles(plan, language),
        "report.workbook.stock": _stock_tiles(sold, low, language),
        "report.workbook.calls": _call_tiles(results, language),
    }
    whole = BytesIO()
    # What is large goes to drafts on the disk row by row, so that memory doesn't grow with the sheet.
    large = lines + len(sold) + len(low) > MOST_IN_MEMORY
    drafts = {"constant_memory": True} if large else {"in_memory": True}
    with filling(whole, drafts) as book:
        styles = ReportStyles(book)

        def page(code: str) -> ReportSheet:
            return ReportSheet(book, styles, say(code).words(language))

        _write_summary(page("report.workbook.summary"), facts, blocks, language)
        _write_rows(page("report.workbook.rows"), rows, min(lines, MOST_CHANGES), language)
        for code, stock in (("report.stock.sold", sold), ("report.stock.low", low)):
            _write_stock(page(code), code, stock, went, language)
    write_whole(out, whole.getvalue())


def _write_summary(
    page: ReportSheet, facts: Sequence[Message], blocks: dict[str, tuple[Tile, ...]], language: Language
) -> None:
    page.sheet.hide_gridlines(2)
    page.sheet.set_column(0, 0, 24)
    page.sheet.set_column(1, 1, 10)
    for line, fact in enumerate(facts):
        page.text(line, 0, legible(fact.words(language)), page.styles.faint if line else page.styles.heading)
    top = chart_top = len(facts) + 1
    _insert_chart(page, chart_top, blocks["report.workbook.results"], say("report.workbook.results").words(language))
    for code, tiles in blocks.items():
        page.text(top, 0, say(code).words(language), page.styles.head)
        page.text(top, 1, "", page.styles.head)
        for line, tile in enumerate(tiles, start=top + 1):
            style = page.styles.toned(tile.key) if tile.number else page.styles.faint
            page.text(line, 0, tile.label, style)
            page.sheet.write_number(line, 1, tile.number, style)
        top += len(tiles) + 2
    page.lay_out_prints()


def _insert_chart(page: ReportSheet, top: int, tiles: Sequence[Tile], title: str) -> None:
    """Draw the rows by result beside the first table, whose headers stand at line `top`, in the same colours."""
    first, last, name = top + 1, top + len(tiles), page.sheet.get_name()
    chart = page.book.add_chart({"type": "bar"})
    chart.add_series(
        {
            "categories": [name, first, 0, last, 0],
            "values": [name, first, 1, last, 1],
            "points": [{"fill": {"color": COLOURS[tile.key]}} for tile in tiles],
            "data_labels": {"value": True},
            "gap": 40,
        }
    )
    chart.set_title({"name": title, "name_font": {"size": 12, "bold": True}, "overlay": False})
    chart.set_legend({"none": True})
    chart.set_y_axis({"reverse": True, "line": {"none": True}, "major_tick_mark": "none"})
    chart.set_x_axis({"visible": False, "major_gridlines": {"visible": False}, "min": 0})
    chart.set_size({"width": 560, "height": 300})
    page.sheet.insert_chart(top, 3, chart, {"description": title})


def _stock_tiles(sold: Sequence[Stock], low: Sequence[Stock], language: Language) -> tuple[Tile, ...]:
    return (
        Tile("sold", say("report.stock.sold.units").words(language), sum(stock.sold for stock in sold)),
        Tile("low", say("report.stock.low.items").words(language), len(low)),
    )


def _call_tiles(results: Iterable[RowResult], language: Language) -> tuple[Tile, ...]:
    outcomes = [call.outcome for result in results for call in result.calls]
    names = {one: say(f"report.outcome.{one.name.lower()}").words(language) for one in Outcome}
    return tuple(Tile(one.value, name, outcomes.count(one)) for one, name in names.items())


def _write_rows(page: ReportSheet, rows: Iterable[Entry], lines: int, language: Language) -> None:
    """Write the first so many `lines` of what there is to tell of `rows`."""
    page.table(0, COLUMNS, lines, language)
    for line, (entry, change) in enumerate(islice(_lines(rows), lines), start=1):
        page.sheet.set_row(line, LINE_HEIGHT * _lines_of_text(entry, change))
        _write_entry(page, line, entry, language)
        if change:
            _write_change(page, line, change)


def _write_stock(
    page: ReportSheet, code: str, stocks: Sequence[Stock], went: Mapping[str, History], language: Language
) -> None:
    """List items with their stock below the rule by which they were chosen."""
    page.text(0, 0, say(f"{code}.rule", few=FEW).words(language), page.styles.faint)
    page.table(1, STOCK_COLUMNS | ({"trend": 24} if went else {}), len(stocks), language)
    for line, stock in enumerate(stocks, start=2):
        page.text(line, 1, stock.entry.outer_id)
        page.text(line, 2, stock.entry.title)
        numbers = {0: stock.entry.number, 3: stock.last, 4: stock.now, 5: stock.sold, 6: stock.left}
        for column, number in numbers.items():
            page.number(line, column, number)
        _draw(page, line, went.get(stock.entry.outer_id, ()))
    if not stocks:
        page.text(2, 0, say("report.stock.none").words(language), page.styles.faint)


def _draw(page: ReportSheet, line: int, history: History) -> None:
    """Draw how a stock went, of numbers that stand in hidden columns behind it."""
    first = len(STOCK_COLUMNS) + 1
    for column, units in enumerate(history, start=first):
        if units is not None:
            page.number(line, column, units)
    if history:
        last = first + len(history) - 1
        page.sheet.set_column(first, last, 5, None, {"hidden": True})
        cells = f"'{page.sheet.get_name()}'!{xl_range(line, first, line, last)}"
        style = {"type": "column", "series_color": INKS["blue"], "min": 0, "show_hidden": True}
        page.sheet.add_sparkline(line, first - 1, {"range": cells, **style})


def _tells(entry: Entry) -> bool:
    """Whether there is something to say of a row."""
    return bool(entry.changes or entry.pressing or entry.remarks)


def _lines(rows: Iterable[Entry]) -> Iterator[tuple[Entry, ChangeLine | None]]:
    """One line a change; a row without any has one line."""
    for entry in rows:
        yield from ((entry, change) for change in entry.changes)
        if not entry.changes:
            yield entry, None


def _lines_of_text(entry: Entry, change: ChangeLine | None) -> int:
    """How high the row must be: not every program fits the height to wrapped text when it opens a workbook."""
    texts = [("title", entry.title)]
    if change:
        texts += [("field", change.field), ("before", change.before or ""), ("after", change.after)]
    notes = sum(_wrapped(remark.line, "note") for remark in entry.remarks)
    return min(max(notes, *(_wrapped(text, column) for column, text in texts)), MOST_LINES)


def _wrapped(text: str, column: str) -> int:
    # A line seldom fills its column to the last character.
    return max(1, ceil(width_of(text) * 1.08 / COLUMNS[column]))


def _write_entry(page: ReportSheet, line: int, entry: Entry, language: Language) -> None:
    page.number(line, 0, entry.number)
    page.text(line, 1, ending_words(entry.ending, language), page.styles.toned(entry.ending.value))
    page.text(line, 2, entry.outer_id)
    page.text(line, 3, entry.item_id)
    page.text(line, 4, entry.title)
    page.text(line, 9, "\n".join(remark.line for remark in entry.remarks))


def _write_change(page: ReportSheet, line: int, change: ChangeLine) -> None:
    of = kind(change.change.path)
    page.text(line, 5, change.field)
    page.value(line, 6, change.change.before, of, change.before or "")
    page.value(line, 7, change.change.after, of, change.after)
    page.text(line, 8, change.why, page.styles.toned(change.change.kind.value))

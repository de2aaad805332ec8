"""The run's report as a workbook: how it ended in numbers, every change with what became of it, and the stock."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from io import BytesIO
from math import ceil
from pathlib import Path

from xlsxwriter import Workbook  # type: ignore[import-untyped]
from xlsxwriter.utility import xl_range  # type: ignore[import-untyped]

from sync.atomic_files import write_whole
from sync.call import Outcome, RowResult
from sync.fields import ITEM_ID, OUTER_ID, TITLE, ValueKind, kind, path_words
from sync.item import Value, clock_text, yuan
from sync.legible import legible
from sync.messages import Language, Message, say
from sync.plan.plan import Plan
from sync.report.figures import ending_words, plan_tiles, result_tiles, unread
from sync.report.stock import FEW, Stock, presumably_sold, reported, running_low
from sync.report.tiles import TONES, Tile
from sync.report.words import ChangeLine, Entry
from sync.workbooks import filling, width_of

MOST_CHANGES = 100_000
"""Lines of the second sheet: more would take a minute to write, and no person reads them; `show` has them all."""
LINE_HEIGHT = 15
"""Points."""
MOST_LINES = 12
"""Lines of text that a row of the report grows to."""
LONGEST = 32_767
"""Characters: Excel's own limit of a cell; XlsxWriter leaves a longer text out without a word."""

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

_INKS = {
    "green": "#1D7A46",
    "blue": "#1B6A99",
    "red": "#B3261E",
    "orange": "#B4540A",
    "yellow": "#8A6500",
    "magenta": "#8F2F86",
    "grey": "#6A7078",
}
"""The page's colours on white."""
COLOURS = {key: _INKS[tone] for key, tone in TONES.items()}


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
    lines = list(_lines(rows))
    left_out = unread(plan)
    facts = [
        say("report.workbook.heading", sheet=sheet),
        say("report.workbook.made", at=clock_text(at)),
        *([say("shop.line", shop=shop)] if shop else []),
        *([left_out] if left_out else []),
        *([say("report.workbook.more", count=len(lines) - MOST_CHANGES)] if len(lines) > MOST_CHANGES else []),
    ]
    blocks = {
        "report.workbook.results": result_tiles(results, language),
        "report.workbook.planned": plan_tiles(plan, language),
        "report.workbook.stock": _stock_tiles(sold, low, language),
        "report.workbook.calls": _call_tiles(results, language),
    }
    whole = BytesIO()
    # Row by row, so that memory doesn't grow with the sheet.
    with filling(whole, {"constant_memory": True}) as book:
        _write_summary(_ReportSheet(book, say("report.workbook.summary").words(language)), facts, blocks, language)
        _write_rows(_ReportSheet(book, say("report.workbook.rows").words(language)), lines[:MOST_CHANGES], language)
        for code, stock in (("report.stock.sold", sold), ("report.stock.low", low)):
            _write_stock(_ReportSheet(book, say(code).words(language)), code, stock, went, language)
    write_whole(out, whole.getvalue())


class _ReportSheet:
    """One worksheet. A title can begin with `=`, a value can be a link: what is no number is written as text."""

    def __init__(self, book: Workbook, name: str) -> None:
        self.book = book
        self.sheet = book.add_worksheet(name)
        self.heading = book.add_format({"bold": True, "font_size": 16})
        self.faint = book.add_format({"valign": "top", "font_color": "#6A7078"})
        self.head = book.add_format({"bold": True, "bg_color": "#EDEBE6", "bottom": 1, "bottom_color": "#B9B5AC"})
        self.body = book.add_format({"valign": "top", "text_wrap": True, "num_format": "@"})
        whole, money = (
            book.add_format({"valign": "top", "align": "left", "num_format": form}) for form in ("0", "0.00")
        )
        self.numbers = {ValueKind.COUNT: whole, ValueKind.NUMBER: whole, ValueKind.MONEY: money}
        self.toned = {
            key: book.add_format({"bold": True, "valign": "top", "font_color": colour})
            for key, colour in COLOURS.items()
        }

    def lay_out_prints(self) -> None:
        """Print on A4, as wide as the page."""
        self.sheet.set_landscape()
        self.sheet.set_paper(9)
        self.sheet.fit_to_pages(1, 0)
        self.sheet.set_footer("&L&A&R&P / &N")

    def table(self, top: int, columns: Mapping[str, int], count: int, language: Language) -> None:
        """Lay out a table of `count` lines whose headers stand at line `top`; `columns`: their names and widths."""
        for column, (name, width) in enumerate(columns.items()):
            self.sheet.set_column(column, column, width)
            self.text(top, column, _head(name, language), self.head)
        self.sheet.freeze_panes(top + 1, 3)
        self.sheet.autofilter(top, 0, top + max(count, 1), len(columns) - 1)
        self.sheet.repeat_rows(top)
        self.lay_out_prints()

    def number(self, line: int, column: int, number: int) -> None:
        """Write a count."""
        self.sheet.write_number(line, column, number, self.numbers[ValueKind.COUNT])

    def text(self, line: int, column: int, text: str, style: object = None) -> None:
        """Write text that is never taken for a formula, a link or a number."""
        fits = text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
        self.sheet.write_string(line, column, fits, style or self.body)

    def value(self, line: int, column: int, value: Value | None, of: ValueKind, words: str) -> None:
        """Write a price or a count as a number, so that the report can be sorted and summed; all else in words."""
        if isinstance(value, int) and of in self.numbers:
            number = float(yuan(value)) if of is ValueKind.MONEY else value
            self.sheet.write_number(line, column, number, self.numbers[of])
        else:
            self.text(line, column, words)


def _write_summary(
    page: _ReportSheet, facts: Sequence[Message], blocks: dict[str, tuple[Tile, ...]], language: Language
) -> None:
    page.sheet.hide_gridlines(2)
    page.sheet.set_column(0, 0, 24)
    page.sheet.set_column(1, 1, 10)
    for line, fact in enumerate(facts):
        page.text(line, 0, legible(fact.words(language)), page.faint if line else page.heading)
    top = chart_top = len(facts) + 1
    _insert_chart(page, chart_top, blocks["report.workbook.results"], say("report.workbook.results").words(language))
    for code, tiles in blocks.items():
        page.text(top, 0, say(code).words(language), page.head)
        page.text(top, 1, "", page.head)
        for line, tile in enumerate(tiles, start=top + 1):
            style = page.toned[tile.key] if tile.number else page.faint
            page.text(line, 0, tile.label, style)
            page.sheet.write_number(line, 1, tile.number, style)
        top += len(tiles) + 2
    page.lay_out_prints()


def _insert_chart(page: _ReportSheet, top: int, tiles: Sequence[Tile], title: str) -> None:
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


def _write_rows(page: _ReportSheet, lines: Sequence[tuple[Entry, ChangeLine | None]], language: Language) -> None:
    page.table(0, COLUMNS, len(lines), language)
    for line, (entry, change) in enumerate(lines, start=1):
        page.sheet.set_row(line, LINE_HEIGHT * _lines_of_text(entry, change))
        _write_entry(page, line, entry, language)
        if change:
            _write_change(page, line, change)


def _write_stock(
    page: _ReportSheet, code: str, stocks: Sequence[Stock], went: Mapping[str, History], language: Language
) -> None:
    """List items with their stock below the rule by which they were chosen."""
    page.text(0, 0, say(f"{code}.rule", few=FEW).words(language), page.faint)
    page.table(1, STOCK_COLUMNS | ({"trend": 24} if went else {}), len(stocks), language)
    for line, stock in enumerate(stocks, start=2):
        page.text(line, 1, stock.entry.outer_id)
        page.text(line, 2, stock.entry.title)
        numbers = {0: stock.entry.number, 3: stock.last, 4: stock.now, 5: stock.sold, 6: stock.left}
        for column, number in numbers.items():
            page.number(line, column, number)
        _draw(page, line, went.get(stock.entry.outer_id, ()))
    if not stocks:
        page.text(2, 0, say("report.stock.none").words(language), page.faint)


def _draw(page: _ReportSheet, line: int, history: History) -> None:
    """Draw how a stock went, of numbers that stand in hidden columns behind it."""
    first = len(STOCK_COLUMNS) + 1
    for column, units in enumerate(history, start=first):
        if units is not None:
            page.number(line, column, units)
    if history:
        last = first + len(history) - 1
        page.sheet.set_column(first, last, 5, None, {"hidden": True})
        cells = f"'{page.sheet.get_name()}'!{xl_range(line, first, line, last)}"
        style = {"type": "column", "series_color": _INKS["blue"], "min": 0, "show_hidden": True}
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


def _head(name: str, language: Language) -> str:
    paths = {"code": OUTER_ID, "item_id": ITEM_ID, "title": TITLE}
    if name in paths:
        return path_words(paths[name], language)
    return say(f"report.column.{name}").words(language)


def _write_entry(page: _ReportSheet, line: int, entry: Entry, language: Language) -> None:
    page.number(line, 0, entry.number)
    page.text(line, 1, ending_words(entry.ending, language), page.toned[entry.ending.value])
    page.text(line, 2, entry.outer_id)
    page.text(line, 3, entry.item_id)
    page.text(line, 4, entry.title)
    page.text(line, 9, "\n".join(remark.line for remark in entry.remarks))


def _write_change(page: _ReportSheet, line: int, change: ChangeLine) -> None:
    of = kind(change.change.path)
    page.text(line, 5, change.field)
    page.value(line, 6, change.change.before, of, change.before or "")
    page.value(line, 7, change.change.after, of, change.after)
    page.text(line, 8, change.why, page.toned.get(change.change.kind.value))

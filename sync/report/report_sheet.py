"""The worksheets of a run's report: how their cells, tables and prints look."""

from __future__ import annotations

from collections.abc import Mapping

from xlsxwriter import Workbook  # type: ignore[import-untyped]

from sync.fields import ITEM_ID, OUTER_ID, TITLE, ValueKind, path_words
from sync.item import Value, yuan
from sync.messages import Language, say
from sync.report.tiles import TONES

LONGEST = 32_767
"""Characters: Excel's own limit of a cell; XlsxWriter leaves a longer text out without a word."""

INKS = {
    "green": "#1D7A46",
    "blue": "#1B6A99",
    "red": "#B3261E",
    "orange": "#B4540A",
    "yellow": "#8A6500",
    "magenta": "#8F2F86",
    "grey": "#6A7078",
}
"""The page's colours on white."""
COLOURS = {key: INKS[tone] for key, tone in TONES.items()}


class ReportStyles:
    """The formats of a report, which all its worksheets share."""

    def __init__(self, book: Workbook) -> None:
        self._book = book
        self.heading = book.add_format({"bold": True, "font_size": 16})
        self.faint = book.add_format({"valign": "top", "font_color": "#6A7078"})
        self.head = book.add_format({"bold": True, "bg_color": "#EDEBE6", "bottom": 1, "bottom_color": "#B9B5AC"})
        self.body = book.add_format({"valign": "top", "text_wrap": True, "num_format": "@"})
        whole, money = (
            book.add_format({"valign": "top", "align": "left", "num_format": form}) for form in ("0", "0.00")
        )
        self.numbers = {ValueKind.COUNT: whole, ValueKind.NUMBER: whole, ValueKind.MONEY: money}
        self._inks: dict[str, object] = {}

    def toned(self, key: str) -> object:
        """Return the format of what `key` names in a colour; that of all text where it has none."""
        if key not in COLOURS:
            return self.body
        colour = COLOURS[key]
        if colour not in self._inks:
            self._inks[colour] = self._book.add_format({"bold": True, "valign": "top", "font_color": colour})
        return self._inks[colour]


class ReportSheet:
    """One worksheet. A title can begin with `=`, a value can be a link: what is no number is written as text."""

    def __init__(self, book: Workbook, styles: ReportStyles, name: str) -> None:
        self.book = book
        self.sheet = book.add_worksheet(name)
        self.styles = styles

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
            self.text(top, column, _head(name, language), self.styles.head)
        self.sheet.freeze_panes(top + 1, 3)
        self.sheet.autofilter(top, 0, top + max(count, 1), len(columns) - 1)
        self.sheet.repeat_rows(top)
        self.lay_out_prints()

    def number(self, line: int, column: int, number: int) -> None:
        """Write a count."""
        self.sheet.write_number(line, column, number, self.styles.numbers[ValueKind.COUNT])

    def text(self, line: int, column: int, text: str, style: object = None) -> None:
        """Write text that is never taken for a formula, a link or a number."""
        fits = text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
        self.sheet.write_string(line, column, fits, style or self.styles.body)

    def value(self, line: int, column: int, value: Value | None, of: ValueKind, words: str) -> None:
        """Write a price or a count as a number, so that the report can be sorted and summed; all else in words."""
        if isinstance(value, int) and of in self.styles.numbers:
            number = float(yuan(value)) if of is ValueKind.MONEY else value
            self.sheet.write_number(line, column, number, self.styles.numbers[of])
        else:
            self.text(line, column, words)


def _head(name: str, language: Language) -> str:
    paths = {"code": OUTER_ID, "item_id": ITEM_ID, "title": TITLE}
    if name in paths:
        return path_words(paths[name], language)
    return say(f"report.column.{name}").words(language)

"""The 说明 sheet of the template: the weekly routine, columns, rules, colours, results, what to do when."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from xlsxwriter import Workbook  # type: ignore[import-untyped]
from xlsxwriter.utility import xl_col_to_name  # type: ignore[import-untyped]

from sync.call import Result
from sync.fields import CUSTOM_PREFIXES
from sync.messages import Language, say
from sync.rule import RuleKind
from sync.sheet.making import page
from sync.sheet.making.form import columns_with, help_words
from sync.sheet.writeback.filling import FILLS
from sync.sheet.writeback.refreshing import MARK

STEPS = 5
"""Of the weekly routine."""
QUESTIONS = ("untouched", "restock", "sold_out", "remove", "own", "regret", "cut_off")
"""What staff ask, in the order in which it happens to them."""
_TERM, _TEXT = 29, 92
"""Widths of the two columns, in characters."""
_LINE = 16.5
"""Points that a line of text is high."""


class _Term(NamedTuple):
    """A term and what is said of it."""

    term: str
    text: str
    fill: str = ""
    """The colour that the term stands for, if it is one."""
    ink: str = ""


def add_guide(book: Workbook, language: Language, *, skus: bool = False) -> None:
    """Add the sheet to `book`, in `language`; `skus`: its form has SKU编码."""
    sheet = book.add_worksheet(say("guide.sheet").words(language))
    title = book.add_format({"bold": True, "font_size": 18, "font_color": page.REQUIRED_FILL})
    heading = book.add_format({"bold": True, "font_size": 12, "font_color": page.REQUIRED_FILL, "bottom": 1})
    body = book.add_format({"text_wrap": True, "valign": "top", "indent": 1})
    sheet.hide_gridlines(2)
    sheet.set_column(0, 0, _TERM)
    sheet.set_column(1, 1, _TEXT)
    sheet.set_row(0, 30)
    sheet.write_string(0, 0, say("guide.title").words(language), title)
    at = 2
    for code, lines in _sections(language, skus=skus):
        sheet.set_row(at, 20)
        sheet.write_string(at, 0, say(code).words(language), heading)
        sheet.write_blank(at, 1, None, heading)
        for line in lines:
            at += 1
            sheet.set_row(at, _LINE * _height(line))
            sheet.write_string(at, 0, line.term, _term_style(book, line))
            sheet.write_string(at, 1, line.text, body)
        at += 2
    sheet.set_portrait()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.set_footer("&L&A&R&P / &N")


def _sections(language: Language, *, skus: bool) -> Iterator[tuple[str, Iterator[_Term]]]:
    yield "guide.routine", _routine(language)
    yield "guide.columns", _columns(language, skus=skus)
    yield "guide.rules", _rules(language)
    yield "guide.colours", _colours(language)
    yield "guide.results", _results(language)
    yield "guide.when", _questions(language)


def _routine(language: Language) -> Iterator[_Term]:
    for step in range(1, STEPS + 1):
        yield _Term(str(step), say(f"guide.step.{step}").words(language))


def _columns(language: Language, *, skus: bool) -> Iterator[_Term]:
    """Explain each column. A header never fills a cell: else the sheet would be taken for the one of items."""
    for at, field in enumerate(columns_with(skus=skus)):
        header = say("guide.column", letter=xl_col_to_name(at), header=field)
        yield _Term(header.words(language), help_words(field, language))
    prefix = CUSTOM_PREFIXES[0 if language == "zh" else 1]
    yield _Term(say("guide.custom", prefix=prefix).words(language), say("guide.custom.help").words(language))


def _rules(language: Language) -> Iterator[_Term]:
    for kind in RuleKind:
        term = say("guide.rule", rank=kind.rank, kind=kind)
        yield _Term(term.words(language), say(f"guide.rule.{kind.name.lower()}").words(language))
    yield _Term(say("guide.rule.how").words(language), say("guide.rule.how.help").words(language))


def _colours(language: Language) -> Iterator[_Term]:
    headers = {"required": page.REQUIRED_FILL, "plain": page.PLAIN_FILL, "tool": page.TOOL_FILL}
    fills = {**headers, "twice": page.TWICE_FILL, "fresh": f"#{MARK}"}
    inks = {"twice": "", "fresh": "", "example": page.EXAMPLE_INK}
    for name in (*fills, "example"):
        term, text = (say(f"guide.colour.{name}{part}").words(language) for part in ("", ".help"))
        yield _Term(term, text, fills.get(name, ""), inks.get(name, page.WHITE))


def _results(language: Language) -> Iterator[_Term]:
    for result in Result:
        text = say(f"guide.result.{result.value}").words(language)
        yield _Term(result.words(language), text, f"#{FILLS[result]}")


def _questions(language: Language) -> Iterator[_Term]:
    for name in QUESTIONS:
        yield _Term(say(f"guide.when.{name}").words(language), say(f"guide.do.{name}").words(language))


def _term_style(book: Workbook, line: _Term) -> Any:
    look = {"bold": True, "valign": "top", "text_wrap": True}
    fill = {"bg_color": line.fill} if line.fill else {}
    ink = {"font_color": line.ink} if line.ink else {}
    return book.add_format({**look, **fill, **ink})


def _height(line: _Term) -> int:
    """How many lines the row needs: not every program fits its height to wrapped text."""
    return max(page.lines_needed(line.term, _TERM), page.lines_needed(line.text, _TEXT))

"""The sheet 规则 of the template: headers with notes, drop-downs, checks, an example of each kind, switched off."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, time
from typing import Any

from xlsxwriter import Workbook  # type: ignore[import-untyped]
from xlsxwriter.utility import xl_col_to_name  # type: ignore[import-untyped]

from sync.messages import LANGUAGES, Language, say
from sync.rule import RuleKind
from sync.sheet.examples import examples
from sync.sheet.making import page
from sync.sheet.rules.columns import FIELDS, NEEDED, Part
from sync.sheet.rules.finding import SHEETS

KINDS = (RuleKind.DAILY, RuleKind.CAMPAIGN, RuleKind.PRICE, RuleKind.STOCK, RuleKind.PRICE_WINDOW)
"""Those that staff write, in the order of the examples."""
_CHECKED_ROWS = 500
_LINE = 15.5
"""Points that a line of text is high."""
_TIME, _MOMENT = "hh:mm", "yyyy-mm-dd hh:mm"

_Example = Mapping[Part, str | int | float | time | datetime]


def add_rules(book: Workbook, language: Language) -> None:
    """Add the sheet to `book`, in `language`; its rules do nothing before somebody switches them on."""
    sheet = book.add_worksheet(SHEETS[0 if language == "zh" else 1])
    body = book.add_format({"valign": "vcenter", "text_wrap": True})
    sheet.set_row(0, 30)
    sheet.freeze_panes(1, 0)
    for at, (part, field) in enumerate(FIELDS.items()):
        sheet.set_column(at, at, field.width, body)
        text, fill = field.words(language), _fill(part)
        page.put_header(book, sheet, at, text, fill=fill, note=_help(part), note_height=110)
    for row, example in enumerate(_examples(language), start=1):
        sheet.set_row(row, _LINE * page.lines_needed(str(example[Part.REMARK]), FIELDS[Part.REMARK].width))
        for part, value in example.items():
            page.put_value(sheet, row, [*FIELDS].index(part), value, _format(book, value))
    _check_cells(sheet, language)
    page.print_wide(sheet)


def enabled_words(language: Language) -> Sequence[str]:
    """Return what the drop-down of 启用 offers: yes, no."""
    return [say(f"rule.enabled.{word}").words(language) for word in ("yes", "no")]


def _examples(language: Language) -> Iterator[_Example]:
    """Yield a rule of each kind."""
    codes = [row.outer_id for row in examples(language)]
    everything = say("rule.all").words(language)
    parameters: Mapping[RuleKind, _Example] = {
        RuleKind.DAILY: {Part.SCOPE: everything, Part.FROM: time(8), Part.TO: time(23)},
        RuleKind.CAMPAIGN: {
            Part.SCOPE: ", ".join(codes[:2]),
            Part.FROM: datetime(2026, 11, 1),
            Part.TO: datetime(2026, 11, 11, 23, 59),
        },
        RuleKind.PRICE: {Part.SCOPE: "丽人>美甲", Part.LOWEST: 9.9, Part.HIGHEST: 299.0},
        RuleKind.STOCK: {Part.SCOPE: everything, Part.OFF_AT: 3, Part.ON_AT: 10},
        RuleKind.PRICE_WINDOW: {
            Part.SCOPE: codes[0],
            Part.FROM: datetime(2026, 11, 11),
            Part.TO: datetime(2026, 11, 12),
            Part.CAMPAIGN_PRICE: 8.8,
        },
    }
    for kind in KINDS:
        name, note = (say(f"rule.example.{kind.value}{part}").words(language) for part in ("", ".note"))
        yield {
            Part.NAME: name,
            Part.KIND: kind.words(language),
            **parameters[kind],
            Part.ENABLED: enabled_words(language)[1],
            Part.REMARK: note,
        }


def _format(book: Workbook, value: object) -> Any:
    formats = {time: _TIME, datetime: _MOMENT, float: "0.00"}
    look = {"italic": True, "font_color": page.EXAMPLE_INK, "valign": "vcenter", "text_wrap": True}
    return book.add_format({**look, "num_format": formats.get(type(value), "General")})


def _check_cells(sheet: Any, language: Language) -> None:
    checks: Mapping[Part, tuple[str, Mapping[str, object]]] = {
        Part.KIND: ("rule.kind", {"validate": "list", "source": [kind.words(language) for kind in KINDS]}),
        Part.ENABLED: ("rule.enabled", {"validate": "list", "source": enabled_words(language)}),
        Part.OFF_AT: ("template.inventory", page.COUNT_CHECK),
        Part.ON_AT: ("template.inventory", page.COUNT_CHECK),
        Part.LOWEST: ("template.price", page.PRICE_CHECK),
        Part.HIGHEST: ("template.price", page.PRICE_CHECK),
        Part.CAMPAIGN_PRICE: ("template.price", page.PRICE_CHECK),
    }
    for part, (code, rule) in checks.items():
        letter = xl_col_to_name([*FIELDS].index(part))
        page.put_check(sheet, f"{letter}2:{letter}{_CHECKED_ROWS}", code, rule, language)


def _fill(part: Part) -> str:
    if part is Part.REMARK:
        return page.TOOL_FILL
    return page.REQUIRED_FILL if part in NEEDED else page.PLAIN_FILL


def _help(part: Part) -> str:
    """What the column is for, in both languages: one shop's staff may read either."""
    return "\n".join(say(f"rule.help.{part.name.lower()}").words(language) for language in LANGUAGES)

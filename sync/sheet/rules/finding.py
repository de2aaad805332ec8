"""Which worksheet holds the rules. Most workbooks have none, and what reads rules is imported where there are any."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sync.errors import Refusal
from sync.fields import squeeze
from sync.item import Row
from sync.messages import say
from sync.sheet.files.workbook import Workbook
from sync.sheet.names import Names
from sync.sheet.rules.rule_sheet import RuleSheet

SHEETS = ("规则", "rules")
"""The worksheet's name, in any case and width."""


def rules_of(
    workbook: Workbook, items: str, categories: Collection[tuple[str, str]], rows: Sequence[Row]
) -> RuleSheet:
    """Read the worksheet that is called 规则 or rules; `items` is the one with the items, `rows` its rows.

    A hidden one counts where there is no visible one: to hide rules doesn't switch them off. Raises `Refusal` when
    its headers contradict each other, when it has too many rules, or when there are two such worksheets.
    """
    named = [name for name in workbook.sheets if squeeze(name) in SHEETS and name != items]
    if len(named) > 1:
        raise Refusal(say("rules.two_sheets", names=Names.of(named)))
    sheet = next(iter((*named, *(name for name in workbook.hidden if squeeze(name) in SHEETS))), None)
    if sheet is None:
        return RuleSheet()
    from sync.sheet.rules.read import read_rules

    return read_rules(workbook, sheet, categories, rows)

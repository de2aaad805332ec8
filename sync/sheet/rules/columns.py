"""The columns of the sheet 规则, and where they stand in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from sync.errors import Refusal
from sync.fields import Field, ValueKind, squeeze
from sync.messages import say
from sync.rule import RuleKind
from sync.sheet.files.addresses import letters
from sync.sheet.files.workbook import Grid, Raw
from sync.sheet.headers import SEARCHED
from sync.sheet.names import Names


class Part(StrEnum):
    """What a column of the sheet is for."""

    NAME = "name"
    KIND = "kind"
    SCOPE = "scope"
    FROM = "from"
    TO = "to"
    OFF_AT = "off at stock"
    ON_AT = "on at stock"
    LOWEST = "lowest price"
    HIGHEST = "highest price"
    CAMPAIGN_PRICE = "campaign price"
    ENABLED = "enabled"
    REMARK = "note"


FIELDS: Mapping[Part, Field] = {
    Part.NAME: Field("名称", Part.NAME, width=16),
    Part.KIND: Field("类型", Part.KIND, width=10),
    Part.SCOPE: Field("范围", Part.SCOPE, width=34),
    Part.FROM: Field("开始", Part.FROM, width=18),
    Part.TO: Field("结束", Part.TO, width=18),
    Part.OFF_AT: Field("下架库存", Part.OFF_AT, kind=ValueKind.COUNT, width=10),
    Part.ON_AT: Field("上架库存", Part.ON_AT, kind=ValueKind.COUNT, width=10),
    Part.LOWEST: Field("最低价", Part.LOWEST, kind=ValueKind.MONEY, width=10),
    Part.HIGHEST: Field("最高价", Part.HIGHEST, kind=ValueKind.MONEY, width=10),
    Part.CAMPAIGN_PRICE: Field("活动价", Part.CAMPAIGN_PRICE, kind=ValueKind.MONEY, width=10),
    Part.ENABLED: Field("启用", Part.ENABLED, width=8),
    Part.REMARK: Field("备注", Part.REMARK, width=40),
}
"""In the template's order."""
NEEDED = (Part.KIND, Part.SCOPE)
"""Without these columns there is no rule."""

PARAMETERS: Mapping[RuleKind, tuple[Part, ...]] = {
    RuleKind.DAILY: (Part.FROM, Part.TO),
    RuleKind.CAMPAIGN: (Part.FROM, Part.TO),
    RuleKind.PRICE: (Part.LOWEST, Part.HIGHEST),
    RuleKind.STOCK: (Part.OFF_AT, Part.ON_AT),
    RuleKind.PRICE_WINDOW: (Part.CAMPAIGN_PRICE, Part.FROM, Part.TO),
}
"""What rules of each kind take; all other parameters stay empty."""

_BY_HEADER = {squeeze(header): part for part, field in FIELDS.items() for header in (field.zh, field.en)}


@dataclass(frozen=True)
class Headers:
    """The row of headers, understood."""

    row: int
    """From 1."""
    columns: Mapping[Part, int]
    """From 1."""
    own: tuple[str, ...]
    """Headers that are none of ours."""

    def letter(self, part: Part) -> str:
        """The column's letter; the kind's, where the sheet has no such column."""
        return letters(self.columns.get(part, self.columns[Part.KIND]))


def find_headers(rows: Grid, sheet: str) -> Headers | None:
    """Find the row of headers; None: the worksheet is about something else.

    Raises `Refusal` when a column is there twice, or when there is no 类型 or 范围 beside the others.
    """
    top = enumerate(rows[:SEARCHED], start=1)
    row, raws = max(top, key=lambda numbered: len(_known(numbered[1])), default=(0, ()))
    known = _known(raws)
    if not known:
        return None
    parts = [part for _, part in known]
    missing = [FIELDS[part] for part in NEEDED if part not in parts]
    if missing:
        raise Refusal(say("rules.no_column", sheet=sheet, row=row, missing=missing[0]))
    for part in parts:
        if parts.count(part) > 1:
            twice = Names.of(letters(index) for index, other in known if other is part)
            raise Refusal(say("rules.column_twice", sheet=sheet, header=FIELDS[part], letters=twice))
    ours = [index for index, _ in known]
    own = tuple(str(raw).strip() for index, raw in enumerate(raws, start=1) if index not in ours and raw != "")
    return Headers(row, {part: index for index, part in known}, own)


def _known(raws: Sequence[Raw]) -> list[tuple[int, Part]]:
    found = ((index, _BY_HEADER.get(squeeze(raw))) for index, raw in enumerate(raws, start=1) if isinstance(raw, str))
    return [(index, part) for index, part in found if part]

"""What headers mean: the agreed ones, those that a profile maps, staff's usual words.

With what is written around them: `*标题`, `价格（元）`, `库存(必填)` are headers too.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import NamedTuple

from sync.fields import OUTER_ID, SKU_FIELD, Field, ValueKind, of_header, squeeze
from sync.synonyms import synonym

SEARCHED = 30
"""Rows among which the headers may stand: below a title and a few lines of instructions."""
_REMARK = r"(.+?)\(([^()]*)\)"
_REMARKS = frozenset({"必填", "必填项", "选填", "可选", "可不填", "文本", "required", "optional", "text"})
"""What may stand in brackets behind any header, and says nothing about its values."""
_UNITS: Mapping[ValueKind, frozenset[str]] = {
    ValueKind.MONEY: frozenset({"元", "¥", "rmb", "cny", "yuan", "人民币"}),
    ValueKind.COUNT: frozenset({"件", "个", "pcs"}),
}
"""The units that the column is read in anyway. `价格(万元)` or `库存(箱)` holds another number, and so is a column of
the staff's own, which `check` names."""
_LONGEST = 100
"""Characters of a header with its remarks, which are taken off one by one."""

_Lookup = Callable[[str], Field | None]


class Vocabulary(NamedTuple):
    """The headers of one shop's sheets."""

    mapped: Mapping[str, Field]
    """Squeezed header → field."""
    skus: bool = False
    """Whether rows may be SKUs'. Where they mayn't, a column of SKUs is the staff's own."""

    @classmethod
    def of(cls, columns: Mapping[str, str], *, skus: bool = False) -> Vocabulary:
        """Take what a profile maps: header → a header of ours."""
        fields = {squeeze(header): of_header(ours) for header, ours in columns.items()}
        return cls({header: field for header, field in fields.items() if field}, skus)

    def agreed(self, header: str) -> Field | None:
        """Return the field that a header names, by the table or by the profile; None: no such is agreed on."""
        return self._known(_written(header, lambda text: self.mapped.get(squeeze(text))) or field_of(header))

    def usual(self, header: str) -> Field | None:
        """Return the field that staff usually mean by a header; it gives way to an agreed one."""
        return self._known(_written(header, synonym))

    def _known(self, field: Field | None) -> Field | None:
        return None if field is SKU_FIELD and not self.skus else field

    def meaning(self, header: object) -> Field | None:
        """Return the field of a cell that may be a header, agreed on or usual."""
        return (self.agreed(header) or self.usual(header)) if isinstance(header, str) and header else None

    def is_key(self, header: object) -> bool:
        """Tell whether a cell is the header of 商家编码."""
        field = self.meaning(header)
        return field is not None and field.path == OUTER_ID


USUAL = Vocabulary({})
"""Of a shop that maps nothing."""


def field_of(header: str) -> Field | None:
    """Return the field that a header names, with or without what stands around it; None: it is none of the table's.

    A custom name is taken as it is written: the brackets may be part of it.
    """
    return _written(header, of_header)


def _written(header: str, lookup: _Lookup) -> Field | None:
    return lookup(header) or _without_remarks(squeeze(header), lookup)


def _without_remarks(text: str, lookup: _Lookup) -> Field | None:
    if len(text) > _LONGEST:
        return None
    bare = text.lstrip("*★").rstrip("*★:")
    match = re.fullmatch(_REMARK, bare) if bare.endswith(")") else None
    name, remark = match.groups() if match else (bare, "")
    if name == text:
        return None
    field = lookup(name) or _without_remarks(name, lookup)
    allowed = _REMARKS | _UNITS.get(field.kind, frozenset()) if field else frozenset()
    # A custom name is taken as it is written: the brackets may be part of it.
    return field if field and field.kind is not ValueKind.CUSTOM and (not remark or remark in allowed) else None

"""What staff write around a header: `*标题`, `价格（元）`, `库存(必填)`."""

from __future__ import annotations

import re
from collections.abc import Mapping

from sync.fields import Field, Kind, of_header, squeeze

_STARS = re.compile(r"^[*★]+|[*★:]+$")
_REMARK = re.compile(r"(.+?)\(([^()]*)\)")
_REMARKS = frozenset({"必填", "必填项", "选填", "可选", "可不填", "文本", "required", "optional", "text"})
"""What may stand in brackets behind any header, and says nothing about its values."""
_UNITS: Mapping[Kind, frozenset[str]] = {
    Kind.MONEY: frozenset({"元", "¥", "rmb", "cny", "yuan", "人民币"}),
    Kind.COUNT: frozenset({"件", "个", "pcs"}),
}
"""The units that the column is read in anyway. `价格(万元)` or `库存(箱)` is another number: a column of the staff's
own, which `check` names."""


def field_of(header: str) -> Field | None:
    """Return the field that a header names, with or without what stands around it; None: a column of the staff's own.

    A custom name is taken as it is written: the brackets may be part of it.
    """
    return of_header(header) or _without_remarks(squeeze(header))


def _without_remarks(text: str) -> Field | None:
    bare = _STARS.sub("", text)
    match = _REMARK.fullmatch(bare)
    name, remark = match.groups() if match else (bare, "")
    if name == text:
        return None
    field = of_header(name) or _without_remarks(name)
    allowed = _REMARKS | _UNITS.get(field.kind, frozenset()) if field else frozenset()
    return field if field and field.kind is not Kind.CUSTOM and (not remark or remark in allowed) else None

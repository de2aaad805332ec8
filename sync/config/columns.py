"""The headers of the shop's own sheets: `[profiles.NAME.columns]`.

    "我的售价" = "price"
    "厂牌" = "自定义:品牌"

Keys are headers as they stand in the sheet; values are headers of itemsync's, in Chinese or English.
"""

from __future__ import annotations

from collections.abc import Mapping

from sync.config.values import bad, inside
from sync.fields import ValueKind, forbidden_name, of_header, squeeze


def mapping(value: object) -> Mapping[str, str]:
    """Read the table; raises BadValue for the first header that is wrong."""
    if not isinstance(value, Mapping):
        raise bad("columns")
    seen: dict[str, str] = {}
    for header, ours in value.items():
        with inside(header):
            _check(header, ours, seen)
    return dict(value)


def _check(header: str, ours: object, seen: dict[str, str]) -> None:
    field = of_header(ours) if isinstance(ours, str) else None
    if field is None:
        raise bad("header")
    if field.kind is ValueKind.CUSTOM and forbidden_name(field.path or ""):
        raise bad("custom_name")
    if not squeeze(header):
        raise bad("empty_header")
    if seen.setdefault(squeeze(header), header) != header:
        raise bad("header_twice")
    if of_header(header) not in (None, field):
        raise bad("own_header")

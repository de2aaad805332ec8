"""The headers of the shop's own sheets: `[profiles.NAME.columns]`.

    "我的售价" = "price"
    "厂牌" = "自定义:品牌"

Keys are headers as they stand in the sheet; values are headers of itemsync's, in Chinese or English.
"""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError

from sync.config.reasons import wrong
from sync.fields import ValueKind, forbidden_name, of_header, squeeze


def mapping(table: object) -> Mapping[str, str]:
    """Read the table; raises ValidationError that names each header that is wrong, and how it should be."""
    if not isinstance(table, Mapping):
        raise wrong("columns")
    seen: dict[str, str] = {}
    found = {header: _wrong(header, ours, seen) for header, ours in table.items()}
    found_wrong = [
        InitErrorDetails(type=why, loc=(header,), input=None) for header, why in found.items() if why is not None
    ]
    if found_wrong:
        raise ValidationError.from_exception_data("columns", found_wrong)
    return dict(table)


def _wrong(header: str, ours: object, seen: dict[str, str]) -> PydanticCustomError | None:
    field = of_header(ours) if isinstance(ours, str) else None
    if field is None:
        return wrong("header")
    if field.kind is ValueKind.CUSTOM and forbidden_name(field.path or ""):
        return wrong("custom_name")
    if not squeeze(header):
        return wrong("empty_header")
    if seen.setdefault(squeeze(header), header) != header:
        return wrong("header_twice")
    own = of_header(header)
    if own is not None and own != field:
        return wrong("own_header")
    return None

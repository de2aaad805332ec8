"""The headers of the shop's own sheets: `[profiles.NAME.columns]`.

    "我的售价" = "price"
    "厂牌" = "自定义:品牌"

Keys are headers as they stand in the sheet; values are headers of itemsync's, in Chinese or English.
"""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError

from sync.fields import Kind, forbidden_name, of_header, squeeze


def mapping(table: object) -> Mapping[str, str]:
    """Read the table; raises ValidationError that names each header that is wrong, and how it should be."""
    if not isinstance(table, Mapping):
        raise PydanticCustomError("columns", "it should be a table of headers")
    seen: dict[str, str] = {}
    found = {header: _wrong(header, ours, seen) for header, ours in table.items()}
    wrong = [
        InitErrorDetails(type=why, loc=(header,), input=None) for header, why in found.items() if why is not None
    ]
    if wrong:
        raise ValidationError.from_exception_data("columns", wrong)
    return dict(table)


def _wrong(header: str, ours: object, seen: dict[str, str]) -> PydanticCustomError | None:
    field = of_header(ours) if isinstance(ours, str) else None
    if field is None:
        return _no("it should be a header of itemsync's, such as price, 价格 or custom:NAME")
    if field.kind is Kind.CUSTOM and forbidden_name(field.path or ""):
        return _no("a custom name can't hold @ or a comma")
    if not squeeze(header):
        return _no("a header isn't empty")
    if seen.setdefault(squeeze(header), header) != header:
        return _no("the same header is there twice")
    own = of_header(header)
    if own is not None and own != field:
        return _no("this header has its own meaning; change it in the sheet, and map the new one")
    return None


def _no(reason: str) -> PydanticCustomError:
    return PydanticCustomError("columns", reason)

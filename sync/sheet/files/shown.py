"""A number as Excel shows it, for the formats of which that is certain (docs/reference/sheet.md#look-alikes).

Formats of zeros (`00000`, `"MJ-"000`), of fixed decimals (`0.00`), of percents, and dates written as ISO does. Any
other format may hide digits, and then the full value counts.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from typing import NamedTuple

from sync.sheet.files.addresses import Address
from sync.sheet.files.workbook import Grid, Raw

_EXACT = 10**15
"""Beyond it Excel has lost digits already."""
_LITERAL = "t"
"""In a shape: a text, which is shown as it is."""
_SHAPE = r"(?P<head>[t#]*0[t0]*)(?P<decimals>(?:\.0+)?)(?P<end>t*%?t*)"
"""Of a format that is understood: `#` stands before all zeros, `.` has zeros behind it, at most one `%`."""
_SHOWN_AS_THEY_ARE = frozenset("-+ ():$&'~{}<>=")
"""Signs that stand for themselves (ECMA-376, 18.8.31); `/` makes a fraction."""
_COLOURS = r"(?i)black|blue|cyan|green|magenta|red|white|yellow|color ?\d+|\$-[0-9a-f]+|黑色|红色"
_ISO = {
    "yyyy-mm-dd": "%Y-%m-%d",
    "yyyy-mm-dd hh:mm": "%Y-%m-%d %H:%M",
    "yyyy-mm-dd hh:mm:ss": "%Y-%m-%d %H:%M:%S",
}


class Pattern(NamedTuple):
    """What a format makes of a number."""

    parts: Sequence[str]
    """Before the decimal point: literal texts, and `0` for each digit."""
    literal: Sequence[bool]
    """Which parts are texts."""
    decimals: int
    percent: bool
    end: str
    """The text behind."""

    @property
    def of_zeros(self) -> bool:
        """Whether it shows zeros, or letters, that the number itself doesn't have."""
        texts = [part for part, literal in zip(self.parts, self.literal, strict=True) if literal]
        return (
            not self.decimals and not self.percent and (self.literal.count(False) > 1 or bool("".join(texts).strip()))
        )

    def write(self, value: Decimal) -> str:
        """Write a number that isn't negative."""
        exact = value * 100 if self.percent else value
        digits, _, decimals = f"{exact.quantize(Decimal(1).scaleb(-self.decimals), ROUND_HALF_UP):f}".partition(".")
        places = self.literal.count(False)
        left = digits.zfill(places)
        first, rest = left[: len(left) - places + 1], list(left[len(left) - places + 1 :])
        heads = [first, *rest]
        written = [part if literal else heads.pop(0) for part, literal in zip(self.parts, self.literal, strict=True)]
        return "".join((*written, "." if decimals else "", decimals, self.end))


def as_shown(value: Raw, code: str) -> str | None:
    """Return what Excel shows of `value` in the format `code`; None: that isn't known for sure."""
    if isinstance(value, datetime):
        iso = _iso(code)
        return value.strftime(iso) if iso else None
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < _EXACT:
        return None
    pattern, sign = _pattern_for(code, value)
    return sign + pattern.write(Decimal(f"{abs(value):.15g}")) if pattern else None


def code_as_shown(value: Raw, code: str) -> Raw:
    """Return a code as a person sees it: 102 in the format `00000` is `00102`."""
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        return value
    pattern, _ = _pattern_for(code, value)
    shown = as_shown(value, code) if pattern and pattern.of_zeros else None
    return value if shown is None else shown


def may_show(code: str) -> bool:
    """Whether `as_shown` knows what the format makes of a number, or of a date."""
    return _pattern_for(code, 1)[0] is not None or _iso(code) is not None


Show = Callable[[int, Raw, str], Raw]
"""Says what a value of a column (from 1) in a number format is taken for."""


def rows_as_shown(rows: Grid, header: int, formats: Mapping[Address, str], show: Show) -> Grid:
    """Return a worksheet's `rows` with what is shown, below the row of headers, where there are `formats`."""
    shown = {column: [*rows.columns[column - 1]] for _, column in formats if column <= len(rows.columns)}
    for (number, column), code in formats.items():
        if header < number <= len(rows) and column in shown:
            shown[column][number - 1] = show(column, shown[column][number - 1], code)
    columns = [shown.get(column, raws) for column, raws in enumerate(rows.columns, start=1)]
    return Grid(columns, len(rows))


@cache
def _iso(code: str) -> str | None:
    bare = code.replace("\\", "").replace('"', "").lower().removesuffix(";@")
    return _ISO.get(re.sub(r"^\[\$-[0-9a-f]+\]", "", bare))


def _pattern_for(code: str, value: float) -> tuple[Pattern | None, str]:
    """Choose the section for such a number, and the sign before it."""
    sections = _sections(code)
    if value < 0:
        return (sections[1], "") if len(sections) > 1 else (sections[0], "-")
    return sections[2 if value == 0 and len(sections) > 2 else 0], ""


@cache
def _sections(code: str) -> Sequence[Pattern | None]:
    return [_pattern(section) for section in re.findall(r'(?:"[^"]*"|\\.|[^;])+', code)] or [None]


def _pattern(section: str) -> Pattern | None:
    """Read a section of a format; None: it isn't known for sure what that shows."""
    tokens = [_token(found) for found in tokens_of(section)]
    shape = re.fullmatch(_SHAPE, "".join(kind for kind, _ in tokens))
    if shape is None:
        return None
    # Digits in front of all zeros are shown anyway, where there are any.
    head = [(kind, text) for kind, text in tokens[: shape.end("head")] if kind != "#"]
    return Pattern(
        parts=[text for _, text in head],
        literal=[kind == _LITERAL for kind, _ in head],
        decimals=max(0, len(shape["decimals"]) - 1),
        percent="%" in shape["end"],
        end="".join(text for _, text in tokens[shape.start("end") :]),
    )


def tokens_of(code: str) -> Iterable[re.Match[str]]:
    """Return the tokens of a number format (ECMA-376, 18.8.31)."""
    kinds = r'(?s)"(?P<text>[^"]*)"|\\(?P<escaped>.)|_(?P<space>.)|\*(?P<filled>.)|\[(?P<tag>[^\]]*)\]|(?P<sign>.)'
    return re.finditer(kinds, code)


def _token(found: re.Match[str]) -> tuple[str, str]:
    """Return what kind of token this is, a sign of `_SHAPE`, and what it shows."""
    if found["tag"] is not None:
        return (_LITERAL, "") if re.fullmatch(_COLOURS, found["tag"]) else ("?", "")
    if found["space"] is not None:
        return _LITERAL, " "
    if found["filled"] is not None:
        return _LITERAL, ""
    if found["sign"] is None:
        return _LITERAL, found["text"] if found["text"] is not None else found["escaped"]
    sign = found["sign"]
    return (_LITERAL if sign in _SHOWN_AS_THEY_ARE else sign if sign in "0#.%" else "?"), sign

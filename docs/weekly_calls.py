"""How many calls a week takes: the tables of `reference/calls.md`, which `python -m docs.weekly_calls` writes anew.

`tests/cli/test_weekly_calls.py` holds these formulas to the calls that the sandbox really got.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from docs.markdown import quoted, table
from sync.messages import Language

_FOLDER = Path(__file__).with_name("reference")
PAGES: Mapping[Language, Path] = {"en": _FOLDER / "calls.md", "zh": _FOLDER / "calls.zh.md"}
DAYS = 7
ITEMS = (100, 1_000, 20_000, 100_000)
PERCENT = (0, 1, 10)
Reads = Callable[[int], int]
"""How many calls the reading of so many items takes."""


def one_by_one(items: int) -> int:
    """Return the calls that read so many open items."""
    return items


def by_twenty(items: int) -> int:
    """Return the calls that read so many ordinary listings."""
    return -(-items // 20)


READS: Mapping[str, Reads] = {"open": one_by_one, "shop": by_twenty}
"""Channel → what reading takes."""


@dataclass(frozen=True)
class Way:
    """A way to sync a sheet every day."""

    name: str
    """How the tests call it."""
    typed: Mapping[Language, str]
    formula: str
    """In N, the items of the shop; k, those changed a day; R, the calls of a reading."""
    week: Callable[[int, int, Reads], int]
    """The same in Python: the calls of a week."""


WAYS = (
    Way(
        "all",
        {"en": "`apply --yes`", "zh": "`apply --yes`"},
        "7 × (R(N) + k + R(k))",
        lambda n, k, r: DAYS * (r(n) + k + r(k)),
    ),
    Way(
        "asked",
        {"en": "`apply`, and yes to its question", "zh": "`apply`，并对它的问题答“是”"},
        "7 × (R(N) + R(k) + k + R(k))",
        lambda n, k, r: DAYS * (r(n) + r(k) + k + r(k)),
    ),
    Way(
        "twice",
        {"en": "`plan`, then `apply --yes`; the page", "zh": "先 `plan`，再 `apply --yes`；网页"},
        "7 × (R(N) + R(N) + k + R(k))",
        lambda n, k, r: DAYS * (r(n) + r(n) + k + r(k)),
    ),
    Way(
        "unverified",
        {"en": "`apply --yes`, `verify = false`", "zh": "`apply --yes`，`verify = false`"},
        "7 × (R(N) + k)",
        lambda n, k, r: DAYS * (r(n) + k),
    ),
    Way(
        "full_every",
        {"en": '`apply --yes`, `full_every = "7d"`', "zh": '`apply --yes`，`full_every = "7d"`'},
        "R(N) + 6 × R(k) + 7 × (k + R(k))",
        lambda n, k, r: r(n) + (DAYS - 1) * r(k) + DAYS * (k + r(k)),
    ),
    Way(
        "changed",
        {"en": "`apply --yes --refresh changed`", "zh": "`apply --yes --refresh changed`"},
        "7 × (R(k) + k + R(k))",
        lambda n, k, r: DAYS * (r(k) + k + r(k)),
    ),
)
_HEADER: Mapping[Language, tuple[str, str, str]] = {
    "en": ("every day", "calls a week", "N = {}"),
    "zh": ("每天", "一周的调用", "N = {}"),
}
_TABLE = re.compile(r"(?<=<!-- calls: (?:open|shop) -->\n)(?:\|.*\n)+")
_MARK = re.compile(r"<!-- calls: (\w+) -->\n")


def page(language: Language) -> str:
    """Return the page with its tables made anew."""
    text = PAGES[language].read_text(encoding="utf-8")
    channels: Iterator[str] = iter(_MARK.findall(text))
    return _TABLE.sub(lambda _: _table(next(channels), language), text)


def _table(channel: str, language: Language) -> str:
    way, calls, shop = _HEADER[language]
    rows = ((one.typed[language], quoted(one.formula), *_numbers(one, READS[channel])) for one in WAYS)
    return table((way, calls, *(shop.format(f"{items:,}") for items in ITEMS)), rows)


def _numbers(way: Way, reads: Reads) -> Iterator[str]:
    for items in ITEMS:
        yield " / ".join(f"{way.week(items, items * percent // 100, reads):,}" for percent in PERCENT)


def main() -> None:
    """Write the tables anew."""
    for language, file in PAGES.items():
        file.write_text(page(language), encoding="utf-8")


if __name__ == "__main__":
    main()

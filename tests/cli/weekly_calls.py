"""ShopWeeks of a shop of some items, each day of which is carried out against the sandbox."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from itertools import count
from pathlib import Path

import pytest

from docs.weekly_calls import DAYS
from sync import Consent, Shop
from sync.sandbox.server import Sandbox
from tests.cli.conftest import STATE, Command
from tests.cli.small_shop import Line, write

DAY = 86_400_000
APPLY = ("apply", "weekly.xlsx", "--yes", "--force", "all")
TYPED: Mapping[str, Sequence[Sequence[str]]] = {
    "all": (APPLY,),
    "twice": (("plan", "weekly.xlsx", "-o", "plan.json"), ("apply", "plan.json", *APPLY[2:])),
    "unverified": (APPLY,),
    "full_every": (APPLY,),
    "changed": ((*APPLY, "--refresh", "changed"),),
}
"""What is typed each day, by the way's name; of `asked`, a question is answered that only a terminal is asked."""
SETTINGS = {"unverified": {"ITEMSYNC_VERIFY": "false"}, "full_every": {"ITEMSYNC_FULL_EVERY": "7d"}}
SIZES = [(41, 0), (25, 21)]
"""Items, and how many of them change a day."""


def pass_days(folder: Path, days: int) -> None:
    """All that was read so far was read so many days earlier."""
    with closing(sqlite3.connect(folder / STATE)) as state, state:
        state.execute("UPDATE looks SET at = at - ?, day = date(day, ?)", (days * DAY, f"-{days} days"))
        state.execute("UPDATE observations SET at = at - ?", (days * DAY,))


class ShopWeeks:
    """A shop's weeks; each day another stock is typed into the first of its rows."""

    def __init__(self, itemsync: Command, sandbox: Sandbox, folder: Path) -> None:
        self._itemsync = itemsync
        self._sandbox = sandbox
        self._folder = folder
        self._stocks = count(100)

    def begin(self, codes: Sequence[str], line: Callable[..., Line]) -> None:
        """Sync the whole shop for the first time; `line` writes an item's row."""
        self._codes, self._line = codes, line
        write(self._folder / "weekly.xlsx", *map(line, codes))
        assert self._itemsync(*APPLY).code == 0

    def calls(self, way: str, changed: int) -> int:
        """Return the calls of a week: the first day is counted, and one like the others where these are different."""
        with pytest.MonkeyPatch.context() as patch:
            for name, value in SETTINGS.get(way, {}).items():
                patch.setenv(name, value)
            pass_days(self._folder, DAYS + 1)
            first = self._day(way, changed)
            return first + (DAYS - 1) * (self._day(way, changed) if way == "full_every" else first)

    def _day(self, way: str, changed: int) -> int:
        stock = next(self._stocks)
        edited = (self._line(code, 库存=stock) for code in self._codes[:changed])
        sheet = write(self._folder / "weekly.xlsx", *edited, *map(self._line, self._codes[changed:]))
        self._sandbox.calls.clear()
        if way == "asked":
            with Shop.open() as shop:
                assert shop.apply(shop.plan(sheet), Consent(guards=("all",))).finished
        for typed in TYPED.get(way, ()):
            assert self._itemsync(*typed).code == 0
        return self._sandbox.calls.total()


@pytest.fixture
def weeks(itemsync: Command, sandbox: Sandbox, folder: Path) -> ShopWeeks:
    """A shop that `begin` is yet to sync."""
    return ShopWeeks(itemsync, sandbox, folder)

"""What the price of a row is compared as while a campaign's price holds, and when it ends
(docs/reference/rules.md#campaign-price).

The price cell stays the sheet's word all the while. Only for the comparison (`diff`) the campaign's price stands in
for it, and for what it said last.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from sync.baselines import Baselines
from sync.fields import PRICE, Column
from sync.item import Baseline, LastCell, PriceWindow, Row, number
from sync.messages import Level, Message, Problem, say
from sync.plan.plan import Change, Decision, Verdict
from sync.plan.rules import Rules
from sync.rule import OpenWindow
from sync.values import Shown

_NAMED = 5
"""Codes that one sentence names."""


@dataclass(frozen=True)
class Pricing:
    """A row's price: what its cells say, what state remembers, and the campaign's price that holds now."""

    row: Row
    baseline: Baseline | None
    opened: OpenWindow | None
    """None: no campaign's price holds."""

    @property
    def last(self) -> PriceWindow | None:
        """The campaign price that is in force on the platform."""
        return self.baseline.window if self.baseline else None

    @property
    def ordinary(self) -> int | None:
        """The price cell in fen, else what it said last: an emptied cell doesn't keep a campaign's price for ever."""
        return number(self.row.cells.get(PRICE, self._usual))

    @property
    def applies(self) -> bool:
        """Whether anything but the price cell is compared. Without an ordinary price no campaign's ever begins."""
        return bool(self.opened or self.last) and self.ordinary is not None

    @property
    def window(self) -> PriceWindow | None:
        """The campaign price that is in force once the row was carried out."""
        if not self.applies:
            return self.last
        return self.opened.window if self.opened else None

    @property
    def differs(self) -> bool:
        """Whether a campaign's price begins, changes or ends now."""
        return self.window != self.last

    @cached_property
    def as_compared(self) -> tuple[Row, Baseline | None]:
        """The row and its baseline as they are compared."""
        if not self.applies:
            return self.row, self.baseline
        return self._with_price(), self._with_last()

    def settled(self, decisions: Iterable[Decision]) -> Iterator[Decision]:
        """Yield the decisions; a price that a person changed while a campaign's was in force is left to them."""
        for one in decisions:
            yield replace(one, verdict=self._verdict(one)) if one.path == PRICE and self.applies else one

    def measured(self, changes: Iterable[Change]) -> tuple[Change, ...]:
        """Return the changes; the price that follows a campaign's is measured by what it was before that."""
        ends = self.applies and not self.opened
        return tuple(replace(one, usual=self._usual) if ends and one.path == PRICE else one for one in changes)

    def notes(self, decisions: Iterable[Decision]) -> Iterator[Problem]:
        """Yield what a person should know of it."""
        if self.opened and not self.applies:
            yield Problem(self.opened.address, say("window.no_price", by=self.opened), Level.WARNING)
        found = next((one for one in decisions if one.path == PRICE), None) if self.applies else None
        if found is None:
            return
        price = Shown(PRICE, self._asked)
        if found.verdict is Verdict.WINDOW_DRIFT:
            now, was = Shown(PRICE, found.remote), Shown(PRICE, self.last.price if self.last else None)
            yield Problem(found.address, say("window.by_hand", now=now, was=was), Level.WARNING)
        elif found.verdict.changes and self.opened:
            end = self.opened.window.end.strftime("%Y-%m-%d %H:%M")
            ordinary = Shown(PRICE, self.ordinary)
            begins = say("window.begins", by=self.opened, price=price, end=end, ordinary=ordinary)
            yield Problem(found.address, begins, Level.NOTE)
        elif found.verdict.changes:
            yield Problem(found.address, say("window.ends", price=price), Level.NOTE)
        if self.opened and self.last and self._edited:
            waits = say("window.price_waits", price=Shown(PRICE, self.ordinary))
            yield Problem(self.row.addresses.get(PRICE), waits, Level.NOTE)

    @property
    def _usual(self) -> int | None:
        last = self._last_cell
        return number(last.value) if last else None

    @property
    def _asked(self) -> int | None:
        return self.opened.window.price if self.opened else self.ordinary

    @property
    def _last_cell(self) -> LastCell | None:
        return self.baseline.cells.get(PRICE) if self.baseline else None

    @property
    def _edited(self) -> bool:
        return self.ordinary != self._usual

    def _with_price(self) -> Row:
        cells = {**self.row.cells, PRICE: self._asked or 0}
        address = self.opened.address if self.opened else None
        addresses = {**self.row.addresses, PRICE: address} if address else self.row.addresses
        return replace(self.row, cells=cells, addresses=addresses)

    def _with_last(self) -> Baseline | None:
        if self.baseline is None or self.last is None:
            return self.baseline
        before = self._last_cell
        said = replace(before, value=self.last.price) if before else None
        return replace(self.baseline, cells={**self.baseline.cells, **({PRICE: said} if said else {})})

    def _verdict(self, one: Decision) -> Verdict:
        ended = self.opened is None
        match one.verdict:
            case Verdict.DRIFT if self.last:
                return Verdict.WINDOW_DRIFT
            case Verdict.CONFLICT if ended and not self._edited:
                return Verdict.WINDOW_DRIFT
            case Verdict.STALE if not (ended and self._edited):
                # The clock asks for it, and no cell that may be an old one.
                return Verdict.EDIT
        return one.verdict


def left_behind(rows: Iterable[Row], baselines: Mapping[str, Baseline], rules: Rules | None) -> Iterator[Message]:
    """Say which items still have the price of a campaign that is over, because no row of the sheet is theirs."""
    marked = Baselines.of(baselines).marked
    windows = {code: known.window for code, known in marked.items() if known.window and not known.deleted}
    if not windows or rules is None:
        return
    here = {row.key for row in rows}
    gone = sorted(code for code, window in windows.items() if code not in here and rules.ended(window))
    if gone:
        yield say("window.left_behind", count=len(gone), codes=", ".join(gone[:_NAMED]))


def pricing_of(row: Row, baseline: Baseline | None, rules: Rules | None, category: tuple[str, ...]) -> Pricing:
    """Return how the price of `row` is compared; without rules nobody asks for a campaign's."""
    opened = rules.window(row, category) if rules else None
    last = baseline.window if baseline else None
    if rules and last and not opened and _says_nothing(row) and not rules.ended(last):
        opened = OpenWindow(last)
    return Pricing(row, baseline, opened)


def _says_nothing(row: Row) -> bool:
    """Whether the sheet has neither a price nor a campaign of the row: a list of stocks ends no other sheet's."""
    return PRICE not in row.cells and Column.WINDOW_PRICE not in row.columns

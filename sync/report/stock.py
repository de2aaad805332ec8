"""What was presumably sold since the last sync, and what is running low.

The platform doesn't say what was sold: a stock that is lower than it was last seen to be is *presumed* sold
(docs/explanation/platform.md#open-items), for somebody may have changed it by hand as well.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain, pairwise

from sync.call import Result, RowResult
from sync.fields import INVENTORY, STATUS
from sync.item import Status
from sync.messages import Language
from sync.packed import Packed, in_parts
from sync.plan.plan import Action, Plan, RowPlan
from sync.report.words import Entry, entries

FEW = 5
"""Units: so many or fewer are running low, and so are fewer than were presumably sold since the last sync."""


@dataclass(frozen=True, slots=True)
class Stock:
    """The stock of one item that the platform holds, in units."""

    entry: Entry
    last: int
    """As it was last seen; 0 where that isn't known."""
    now: int
    """When the plan was made."""
    left: int
    """When the run has ended; of a plan, once it is carried out."""
    for_sale: bool
    """Whether buyers are meant to find it, also where it sold out and was turned off."""

    @property
    def sold(self) -> int:
        """Units presumably sold since the stock was last seen."""
        return max(0, self.last - self.now)

    @property
    def low(self) -> bool:
        """Whether it is running low."""
        return self.for_sale and (self.left <= FEW or self.left < self.sold)


def presumably_sold(stocks: Sequence[Stock]) -> list[Stock]:
    """Return what was presumably sold, the most units first."""
    return sorted((stock for stock in stocks if stock.sold), key=lambda stock: (-stock.sold, stock.entry.number))


def running_low(stocks: Sequence[Stock]) -> list[Stock]:
    """Return what is running low, the fewest units first."""
    return sorted((stock for stock in stocks if stock.low), key=lambda stock: (stock.left, stock.entry.number))


def reported(
    plan: Plan, language: Language, results: Sequence[RowResult] | None, tells: Callable[[Entry], bool]
) -> tuple[Sequence[Entry], list[Stock]]:
    """Return the rows that a report `tells` of, by their rank, and the stocks that are to be told of.

    A plan's rows are put into words once for both, one after another, and what isn't told of isn't kept.
    """
    ranked: defaultdict[int, Packed[Entry]] = defaultdict(Packed)
    stocks: list[Stock] = []
    for part in in_parts(zip(plan.told, entries(plan, language, results), strict=True)):
        telling: defaultdict[int, list[Entry]] = defaultdict(list)
        for row, entry in part:
            if tells(entry):
                telling[entry.rank[0]].append(entry)
            stock = stock_of(row, entry, entry.result)
            if stock and (stock.sold or stock.low):
                stocks.append(stock)
        for rank, some in telling.items():
            ranked[rank].add(some)
    return Packed(chain.from_iterable(_by_number(ranked[rank]) for rank in sorted(ranked))), stocks


def _by_number(rows: Packed[Entry]) -> Sequence[Entry]:
    # Nearly always they come so: what an undo says of listings alone doesn't.
    in_order = all(one.number <= next.number for one, next in pairwise(rows))
    return rows if in_order else sorted(rows, key=lambda entry: entry.number)


def stock_of(row: RowPlan, entry: Entry, ended: Result | None) -> Stock | None:
    """Return the stock of a row's item; None: it wasn't read, or is to be deleted. `ended`: how the row did."""
    now = row.remote.get(INVENTORY)
    if not isinstance(now, int) or row.unread or row.action is Action.DELETE:
        return None
    # Of a row that failed half-way nobody knows more, here, than what was read.
    carried_out = ended in (None, Result.DONE)
    planned = next((change.after for change in row.changes if change.path == INVENTORY), None)
    left = planned if carried_out and isinstance(planned, int) else now
    return Stock(entry, row.last_stock, now, left, _for_sale(row, now))


def _for_sale(row: RowPlan, now: int) -> bool:
    asked = row.row.cells.get(STATUS)
    if asked is not None:
        return asked == Status.ACTIVE
    return row.remote.get(STATUS) == Status.ACTIVE or (now == 0 and row.last_stock > 0)

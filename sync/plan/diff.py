"""Desired × baseline × remote → a verdict for each managed path: the table of docs/reference/three-way.md#the-table.

The names are the table's: v = cell now, c = last cell, r = remote now, r₀ = last remote.
"""

from __future__ import annotations

from collections.abc import Iterator

from sync.fields import INVENTORY, OUTER_ID, PRICE, STATUS
from sync.item import (
    CHANGE_CELL,
    Baseline,
    Cell,
    Clear,
    Item,
    Opaque,
    Path,
    Row,
    Status,
    Value,
    looks_same,
    number,
    same,
)
from sync.plan.normal import normal_form
from sync.plan.plan import Change, Decision, Verdict
from sync.plan.stamps import unseen


def wanted(cell: Cell) -> Value | None:
    """Return the value that a cell asks for; None: that the field be absent."""
    return None if isinstance(cell, Clear) else cell


def decide(
    row: Row, baseline: Baseline | None, remote: Item, *, verified: bool = True, stock: int | None = None
) -> Iterator[Decision]:
    """Yield a decision for each filled cell of `row` that has a path, in the sheet's order.

    `remote` is empty for an item that is yet to be published. A custom value that is an object is shown and
    never edited (docs/reference/sheet.md#cells), so no decision is made of it. `verified`: what was written is read
    back, so that a form of the platform's own is remembered already. `stock`: the units that will stand, where other
    rows decide about them.
    """
    stock = planned_stock(row, baseline, remote) if stock is None else stock
    for path, cell in row.cells.items():
        if untouchable(remote.get(path)):
            continue
        own_form = not verified and _own_form(path, cell, baseline, remote)
        yield Decision(
            path=path,
            verdict=Verdict.KNOWN if own_form else _verdict(path, row, baseline, remote, stock),
            cell=cell,
            remote=remote.get(path),
            last=baseline.cells.get(path) if baseline else None,
            last_remote=baseline.remote.get(path) if baseline else None,
            address=row.addresses.get(path),
            first_contact=baseline is None or not baseline.cells,
            own_form=own_form,
        )


def _own_form(path: Path, v: Cell, baseline: Baseline | None, remote: Item) -> bool:
    """Whether the platform is seen for the first time to keep in a form of its own what it was sent."""
    c = baseline.cells.get(path) if baseline else None
    if baseline is None or c is None or not same(v, c.value) or not same(wanted(v), baseline.remote.get(path)):
        return False
    return path not in (INVENTORY, STATUS) and normal_form(path, wanted(v), remote.get(path))


def untouchable(value: Value | None) -> bool:
    """Tell whether a remote value is an object or a list, which a cell can't replace."""
    return isinstance(value, Opaque) and value.text.startswith(("{", "["))


def _verdict(path: Path, row: Row, baseline: Baseline | None, remote: Item, stock: int | None) -> Verdict:
    cell = row.cells[path]
    if path == STATUS and cell == Status.ACTIVE and stock == 0 and not _active_without_stock(remote):
        return Verdict.SOLD_OUT
    found = _compare(path, cell, baseline, remote)
    return Verdict.STALE if found is Verdict.EDIT and _stale(path, row, baseline) else found


def _stale(path: Path, row: Row, baseline: Baseline | None) -> bool:
    """Whether another value was carried out since the row was synced, so that nobody may have edited this cell."""
    if baseline is None or (path == STATUS and baseline.ruled):
        # What rules decided between two runs of a person, `watch` carried out, and wrote into no sheet.
        return False
    return unseen(row, baseline.cells.get(path))


def _compare(path: Path, v: Cell, baseline: Baseline | None, remote: Item) -> Verdict:
    r = remote.get(path)
    # A code is searched for as it is written, so what nobody sees is taken out of it there too.
    if (same if path == OUTER_ID else looks_same)(wanted(v), r):
        return Verdict.IN_SYNC
    if baseline is None or not baseline.remote:
        return Verdict.EDIT
    c = baseline.cells.get(path)
    edited = (c is None or not same(v, c.value)) and not _count_of_hold(path, v, baseline)
    moved = not same(r, baseline.remote.get(path))
    match edited, moved:
        case False, False:
            return Verdict.KNOWN
        case False, True:
            return Verdict.STOCK_DRIFT if path == INVENTORY else Verdict.DRIFT
        case True, False:
            return Verdict.EDIT
        case _:
            return Verdict.CONFLICT


def old_count(row: Row, baseline: Baseline | None, remote: Item) -> bool:
    """Whether 库存 says, beside a 库存增减, no more than what it said or what there is: the change counts then."""
    v = row.cells[INVENTORY]
    c = baseline.cells.get(INVENTORY) if baseline else None
    known = c is not None and same(v, c.value)
    return known or same(v, remote.get(INVENTORY)) or _count_of_hold(INVENTORY, v, baseline)


def _count_of_hold(path: Path, v: Cell, baseline: Baseline | None) -> bool:
    """Whether the tool wrote this count itself, after a 库存增减 of which it hasn't seen that it was cleared."""
    hold = baseline.hold if baseline else None
    return path == INVENTORY and hold is not None and hold.count is not None and v == hold.count


def planned_stock(row: Row, baseline: Baseline | None, remote: Item) -> int | None:
    """Return the units that will stand when this row is carried out; None: nobody can know.

    A stock that drifted is left alone, so what the platform holds now is what will stand.
    """
    held = number(remote.get(INVENTORY))
    if row.stock_change is not None:
        return (held or 0) + row.stock_change
    cell = row.cells.get(INVENTORY)
    if isinstance(cell, int) and _compare(INVENTORY, cell, baseline, remote).changes:
        return cell
    return held


def planned_price(row: Row, baseline: Baseline | None, remote: Item) -> int | None:
    """Return the price in fen that will stand when this row is carried out; None: nobody can know."""
    cell = row.cells.get(PRICE)
    if isinstance(cell, int) and _compare(PRICE, cell, baseline, remote).changes:
        return cell
    return number(remote.get(PRICE))


def changes(row: Row, decisions: tuple[Decision, ...], remote: Item) -> tuple[Change, ...]:
    """Return what is to change on the platform, path by path, in the sheet's order."""
    from_cells = tuple(
        Change(d.path, d.remote, wanted(d.cell), d.verdict, d.address, d.first_contact)
        for d in decisions
        if d.verdict.changes
    )
    if row.stock_change is None:
        return from_cells
    held = remote.get(INVENTORY, 0)
    after = (number(held) or 0) + row.stock_change
    return (*from_cells, Change(INVENTORY, held, after, Verdict.EDIT, row.addresses.get(CHANGE_CELL)))


def _active_without_stock(remote: Item) -> bool:
    return remote.get(STATUS) == Status.ACTIVE and remote.get(INVENTORY) == 0

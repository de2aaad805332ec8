"""A sheet's rows of SKUs ↔ the parts that are planned: each SKU, and once what its rows say of their listing
(docs/reference/skus.md).

A part is planned, carried out and remembered like any row. The listing's own has the number of the first of its
rows, negative: `folded` puts the two together again, so that a person sees one row for one row of the sheet.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace

from sync.fields import INVENTORY, OUTER_ID, PRICE, Column
from sync.item import CHANGE_CELL, Cell, Path, Row
from sync.messages import Message
from sync.plan.by_row import ByRow
from sync.plan.plan import Action, Guard, Plan, RowPlan
from sync.rows import Rows
from sync.synonyms import Ignored

OF_SKU = frozenset({OUTER_ID, PRICE, INVENTORY})
"""What a row of an SKU says of the SKU; every other cell is said of the listing."""
_KEPT_APART = OF_SKU | {CHANGE_CELL, Column.SKU, Column.WINDOW_PRICE, Column.WINDOW_START, Column.WINDOW_END}


def parted(rows: Sequence[Row]) -> Sequence[Row]:
    """Return the parts of a sheet's rows: where no row is an SKU's, the rows as they are."""
    if all(sku is None for sku in Rows.of(rows).skus):
        return rows
    skus: defaultdict[str, list[Row]] = defaultdict(list)
    for row in rows:
        if row.sku is not None and not row.invalid:
            skus[row.outer_id].append(row)
    if not skus:
        return rows
    return tuple(_parts(rows, skus))


def _parts(rows: Sequence[Row], skus: dict[str, list[Row]]) -> Iterator[Row]:
    own = {row.outer_id: row for row in rows if row.sku is None}
    for row in rows:
        ours = skus.get(row.outer_id, [])
        if row.sku is None:
            yield _listing(row, ours) if ours and not row.invalid else row
            continue
        if ours and row is ours[0] and row.outer_id not in own:
            yield _listing(replace(row, number=-row.number, sku=None, cells={}, addresses={}, problems=()), ours)
        yield row


def _listing(row: Row, skus: Sequence[Row]) -> Row:
    """Return what all rows of a listing say of it: a cell that is empty in one may be filled in another."""
    cells: dict[Path, Cell] = {OUTER_ID: row.outer_id}
    addresses: dict[str, str] = {}
    for one in (*reversed(skus), row):
        cells |= {path: cell for path, cell in one.cells.items() if path not in OF_SKU}
        addresses |= {key: cell for key, cell in one.addresses.items() if key not in _KEPT_APART}
    stamps = [one.stamp for one in (row, *skus) if one.stamp]
    first = (row, *skus)
    return replace(
        row,
        item_id=next((one.item_id for one in first if one.item_id), None),
        cells={**cells, **row.cells},
        addresses={OUTER_ID: skus[0].addresses.get(OUTER_ID, ""), **addresses, **row.addresses},
        stock_change=row.stock_change if row.number > 0 else None,
        window=row.window if row.number > 0 else None,
        list_at=next((one.list_at for one in first if one.list_at), None),
        delist_at=next((one.delist_at for one in first if one.delist_at), None),
        stamp=max(stamps, default=None),
    )


def of_sheet(part: Row) -> Row:
    """Return a part's row with the number that it has in the sheet."""
    return part if part.number >= 0 else replace(part, number=-part.number)


def own_cells(row: Row) -> dict[Path, Cell]:
    """Return the cells that ask for something of the row's own item."""
    return {path: cell for path, cell in row.cells.items() if row.sku is None or path in OF_SKU}


_WEIGHTIEST = (Action.INVALID, Action.PUBLISH, Action.DELETE, Action.UPDATE, Action.BLOCKED, Action.NONE)


def folded(parts: Sequence[RowPlan]) -> Sequence[RowPlan]:
    """Return one plan for each row of the sheet: what its row says of the listing, too, where it says that."""
    listings = {-part.row.number: part for part in ByRow.of(parts).busy if part.row.number < 0}
    if not listings:
        return parts
    rows = {part.row.number for part in parts}
    # The part of a listing may stand alone, as in a tick of `watch`.
    return tuple(
        _shown_alone(part) if part.row.number < 0 else _joined(listings.get(part.row.number), part)
        for part in parts
        if part.row.number > 0 or -part.row.number not in rows
    )


def _shown_alone(part: RowPlan) -> RowPlan:
    return replace(part, row=of_sheet(part.row))


def _joined(listing: RowPlan | None, sku: RowPlan) -> RowPlan:
    if listing is None:
        return sku
    return replace(
        sku,
        action=min(listing.action, sku.action, key=_WEIGHTIEST.index),
        changes=(*listing.changes, *sku.changes),
        calls=(*listing.calls, *sku.calls),
        problems=(*listing.problems, *sku.problems),
        decisions=(*listing.decisions, *sku.decisions),
        drifted=listing.drifted or sku.drifted,
        skipped=listing.skipped or sku.skipped,
        ruling=listing.ruling,
        behind=listing.behind or sku.behind,
    )


def plan_of_parts(
    parts: Sequence[RowPlan],
    guards: tuple[Guard, ...] = (),
    *,
    reads: int = 0,
    rest: Sequence[RowPlan] = (),
    ignored: tuple[Ignored, ...] = (),
    notes: tuple[Message, ...] = (),
) -> Plan:
    """Return the plan that carries out `parts` and shows a row for each of the sheet's."""
    rows = folded(parts)
    return Plan(rows, guards, reads, rest, ignored, notes, () if rows is parts else parts)

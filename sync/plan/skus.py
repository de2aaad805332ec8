"""Which SKU of its listing a row means, and what a listing that has SKUs is planned by (docs/reference/skus.md)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from sync.codes import SKU_BY_ID, likeness
from sync.fields import INVENTORY, PRICE, SKU_CODE, SKU_NAME, Column, Field, Name, of_column
from sync.item import CHANGE_CELL, Item, Path, Row, same
from sync.messages import Joined, Level, Problem, listed, say
from sync.plan.by_row import ByRow
from sync.plan.holds import held_back
from sync.plan.identity import FoundItem, Memory, Outlook, RowIdentity
from sync.plan.options import Options
from sync.plan.plan import RowPlan
from sync.plan.resolve import ResolvedRow
from sync.plan.rules import Rules
from sync.sku import sku_id, sku_of
from sync.values import Shown

_MOST_NAMED = 10
"""SKUs that a message names."""


def with_skus(
    rows: Sequence[ResolvedRow], found: Mapping[str, FoundItem], memory: Memory, options: Options
) -> ByRow[ResolvedRow]:
    """Return the rows, those of SKUs each with its SKU now that the listings were read.

    `found`: what was read, by id; the SKUs of what was read are in it, too.
    """
    by_row = ByRow.of(rows)
    if all(one.row.sku is None for one in by_row.busy):
        return by_row
    meant = [_with_sku(one, found, memory, options) if one.row.sku is not None else one for one in by_row.busy]
    times = Counter(one.identity.item_id for one in meant if one.row.sku is not None and not one.stopped)
    return by_row.with_busy(
        [_rival(one) if times[one.identity.item_id] > 1 and one.row.sku is not None else one for one in meant]
    )


def _with_sku(one: ResolvedRow, found: Mapping[str, FoundItem], memory: Memory, options: Options) -> ResolvedRow:
    listing = one.identity.item_id
    if one.stopped or listing is None:
        return one
    known = one.identity.baseline
    if one.unread and known:
        return replace(one, identity=replace(one.identity, item_id=known.item_id))
    answer = found[listing]
    if answer.item is None:
        return one
    ids = _meant(one.row, listing, answer.skus)
    if len(ids) != 1:
        return replace(one, identity=replace(one.identity, problem=_unclear(one.row, ids, answer.skus)))
    identity = _identity(one.row, ids[0], memory)
    held = held_back(one.row, identity, options.sheet_id or options.file)
    return replace(one, identity=replace(identity, problem=held))


def _meant(row: Row, listing: str, skus: Mapping[str, Item]) -> Sequence[str]:
    said = row.sku or ""
    if said.lower().startswith(SKU_BY_ID):
        item_id = sku_id(listing, said[len(SKU_BY_ID) :].strip())
        return [item_id] if item_id in skus else []
    return [item_id for item_id, sku in skus.items() if sku.get(SKU_CODE) == said]


def _identity(row: Row, item_id: str, memory: Memory) -> RowIdentity:
    """The SKU's own id tells it, whatever it was called in an earlier sheet."""
    known = memory.baselines.get(row.key)
    if known and known.item_id == item_id:
        return RowIdentity(item_id, known)
    if (owner := memory.owner(item_id)) and owner != row.key:
        return RowIdentity(item_id, memory.baselines[owner], renames=owner)
    return RowIdentity(item_id)


def _unclear(row: Row, ids: Sequence[str], skus: Mapping[str, Item]) -> Problem:
    cell, listing = row.addresses.get(Column.SKU), row.outer_id
    if not skus:
        return Problem(cell, say("sku.none", code=listing), Level.WARNING)
    if ids:
        names = listed(SKU_BY_ID + sku_of(item_id) for item_id in ids)
        return Problem(cell, say("sku.several", shown=row.sku, names=names), Level.WARNING)
    near = next((code for sku in skus.values() if _looks_like(code := sku.get(SKU_CODE), row.sku or "")), None)
    named = listed(sku_words(item_id, sku) for item_id, sku in [*skus.items()][:_MOST_NAMED])
    more = "…" if len(skus) > _MOST_NAMED else ""
    told = {"shown": row.sku, "names": Joined((named, more), "", "")}
    message = say("sku.unknown.near", code=near, **told) if near else say("sku.unknown", **told)
    return Problem(cell, message, Level.WARNING)


def _looks_like(code: object, said: str) -> bool:
    return isinstance(code, str) and likeness(code) == likeness(said)


def sku_words(item_id: str, sku: Item) -> str:
    """Name an SKU for staff: what to type, and what it is."""
    code, name = sku.get(SKU_CODE), sku.get(SKU_NAME)
    typed = code if isinstance(code, str) and code else SKU_BY_ID + sku_of(item_id)
    return f"{typed} ({name})" if name else typed


def _rival(one: ResolvedRow) -> ResolvedRow:
    if one.stopped:
        return one
    problem = Problem(one.row.addresses.get(Column.SKU), say("sku.same"))
    return replace(one, identity=replace(one.identity, problem=problem))


def outlooks(planned: Iterable[RowPlan], found: Mapping[str, FoundItem]) -> Mapping[str, Outlook]:
    """Return how each listing that has SKUs will stand, by its id; `planned`: the rows of SKUs."""
    changed = {row.item_id: {change.path: change.after for change in row.changes} for row in planned if row.changes}
    return {
        item_id: _outlook([{**sku, **changed.get(own, {})} for own, sku in answer.skus.items()])
        for item_id, answer in found.items()
        if answer.skus
    }


def _outlook(skus: Sequence[Mapping[str, object]]) -> Outlook:
    stocks = [units for sku in skus if isinstance(units := sku.get(INVENTORY), int)]
    prices = [fen for sku in skus if isinstance(fen := sku.get(PRICE), int)]
    return Outlook(sum(stocks), min(prices, default=None))


def of_listing(row: Row, remote: Item, rules: Rules | None) -> tuple[Row, tuple[Problem, ...]]:
    """Return the row of a listing that has SKUs without what only its SKUs' rows can ask for, and what it is told."""
    told = [
        _told(row, path, Name(path), remote, path)
        for path in (PRICE, INVENTORY)
        if path in row.cells and not same(row.cells[path], remote.get(path))
    ]
    if row.stock_change is not None:
        told.append(_told(row, CHANGE_CELL, of_column(Column.STOCK_CHANGE), remote, INVENTORY))
    if row.window and not (rules and rules.ended(row.window)):
        told.append(_told(row, Column.WINDOW_PRICE, of_column(Column.WINDOW_PRICE), remote, PRICE))
    cells = {path: cell for path, cell in row.cells.items() if path not in (PRICE, INVENTORY)}
    return replace(row, cells=cells, stock_change=None, window=None), tuple(told)


def _told(row: Row, key: str, field: Name | Field, remote: Item, path: Path) -> Problem:
    message = say("sku.listing_cell", field=field, now=Shown(path, remote.get(path)))
    return Problem(row.addresses.get(key), message, Level.WARNING)

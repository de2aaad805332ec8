"""Which sheet a file is, and where a sheet is by now (docs/reference/state.md#sheets)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sync.messages import Message, say
from sync.sheet_id import file_name
from sync.sightings import Found, Recognised, newest, recognise
from sync.state.journal import Origin
from sync.state.sheets import sightings

if TYPE_CHECKING:
    from sync.service.sheet_port import SheetShop, SheetSource
    from sync.sheet.read import Sheet
    from sync.state.store import RunRecord


def origin_of(shop: SheetShop, source: SheetSource, sheet: Sheet) -> tuple[Origin, tuple[Message, ...]]:
    """Return where a plan of a sheet comes from, and what a person should know of which sheet that is."""
    found = Found(source.place, sheet.id or "", source.digest())
    which = _recognise(shop, found)
    origin = Origin(found.place, sheet.layout.sheet, sheet_id=which.id, bears=found.bears, digest=found.digest)
    return origin, tuple(_told(which))


def names_of(shop: SheetShop, origin: Origin) -> frozenset[str]:
    """Return the names that a sheet had wherever it was seen."""
    return frozenset(file_name(one.place) for one in sightings(shop.store) if one.id == origin.id)


def is_sheet_of(shop: SheetShop, run: RunRecord, source: SheetSource) -> bool:
    """Whether a file is the sheet of a run, and no copy.

    Where that sheet can't be found any more, a file that tells nothing of itself is taken as it: a person named it.
    """
    which = which_is(shop, source)
    return which.id == run.sheet_id or (which.is_new and place_now(shop, run.sheet_id, run.sheet) is None)


def place_now(shop: SheetShop, sheet: str, place: str) -> SheetSource | None:
    """Return the sheet with the id `sheet`, which was at `place` once; None: it isn't where it was ever seen.

    A table in memory is nowhere, and takes its results all the same.
    """
    seen = [one.place for one in newest(one for one in sightings(shop.store) if one.id == sheet)]
    for known in dict.fromkeys((*seen, place)):
        source = shop.sheets(known)
        if source.is_there and which_is(shop, source).id == sheet:
            return source
    return None


def is_another(shop: SheetShop, sheet: str, source: SheetSource) -> bool:
    """Whether another sheet than the one with the id `sheet` stands in `source`."""
    return source.is_there and which_is(shop, source).id != sheet


def which_is(shop: SheetShop, source: SheetSource) -> Recognised:
    """Return which sheet stands in `source` now."""
    return _recognise(shop, Found(source.place, source.bears() or "", source.digest()))


def _recognise(shop: SheetShop, found: Found) -> Recognised:
    return recognise(found, sightings(shop.store), lambda place: shop.sheets(place).bears())


def _told(which: Recognised) -> list[Message]:
    if which.copy_of:
        return [say("sheet.copy", of=which.copy_of)]
    return [say("sheet.moved", was=which.was_at)] if which.was_at else []

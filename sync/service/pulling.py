"""What the platform holds, as a sheet: of some items, or of all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from sync.apply.fetch import FetchedItems, look
from sync.codes import SKU_BY_ID, key_words, sku_key
from sync.errors import Refusal
from sync.fields import ITEM_ID, OUTER_ID, PRICE, SKU_CODE, of_path
from sync.item import number, same
from sync.messages import Joined, say
from sync.packed import Packed
from sync.service.authorization import make_ready
from sync.service.context import Context
from sync.service.files import told_when_unwritable
from sync.sheet.cells import parser, read_cell
from sync.sheet.making.pulled import Pulled, PullNote, lay_out, write_pulled
from sync.sku import is_sku, listing_of, sku_of
from sync.state.known_items import known_items
from sync.state.observations import Seen, observe

if TYPE_CHECKING:
    from pandas import DataFrame

    from sync.item import Baseline, Item, PriceWindow

__all__ = ["PullNote", "PulledSheet", "ids_of", "pull"]


@dataclass(frozen=True)
class PulledSheet:
    """What the platform holds, laid out as a sheet."""

    pulled: Pulled
    told: tuple[PullNote, ...]
    """What a person should know of it."""
    whole: bool
    """Whether it has all that was asked for."""
    context: Context = field(repr=False)

    @property
    def items(self) -> int:
        """How many items it has."""
        return len(self.pulled.rows)

    def write(self, out: Path) -> None:
        """Write it into a new workbook; raises Refusal where the file can't be made."""
        with told_when_unwritable(out):
            write_pulled(out, self.pulled, self.context.categories, self.context.sheet_language)

    def to_frame(self) -> DataFrame:
        """Return it as a table with the sheet's headers."""
        from sync.sheet.making.pulled import pulled_dataframe

        return pulled_dataframe(self.pulled, self.context.sheet_language)


def pull(context: Context, ids: Sequence[str] | None) -> PulledSheet:
    """Read the items of `ids`; None: the whole shop where it can be listed, else all items that were ever synced.

    Raises Refusal where nothing was found.
    """
    known = _known(context)
    codes = known.codes
    seen = _all(context, known.listings) if ids is None else _look(context, ids)
    named = ((codes.get(item_id) or _key(item_id, item), item) for item_id, item in seen.held.items())
    observe(context.store, Packed(Seen.of(key, item) for key, item in named if key), context.clock.now(), "pull")
    campaigns = dict(_campaigns(known.in_campaigns, seen.held))
    pulled = lay_out(seen.held, codes, context.categories, context.sheet_language, campaigns)
    told = (*_told(seen, codes), *(_as_able(context, one) for one in pulled.told))
    if not pulled.rows:
        raise Refusal(say("pull.none_found", why=Joined(tuple(one.message for one in told))))
    return PulledSheet(pulled, told, not (seen.unreadable or pulled.missing), context)


def _campaigns(known: Iterable[Baseline], held: Mapping[str, Item]) -> Iterator[tuple[str, tuple[PriceWindow, int]]]:
    """Yield the campaign's price that each item is held with, by its id; none that somebody changed since."""
    for one in known:
        last, now = one.cells.get(PRICE), held.get(one.item_id or "", {}).get(PRICE)
        if one.item_id and one.window and last and now is not None and same(now, one.remote.get(PRICE)):
            usual = number(last.value)
            if usual is not None:
                yield one.item_id, (one.window, usual)


def _key(item_id: str, item: Item) -> str:
    """Return what state would call an item that it doesn't know; empty: it has no code."""
    code = str(item.get(OUTER_ID) or "")
    if not code or not is_sku(item_id):
        return code
    return sku_key(code, str(item.get(SKU_CODE) or SKU_BY_ID + sku_of(item_id)))


def ids_of(file: Path) -> Sequence[str]:
    """Read the ids of a file, each once, in its order; raises Refusal for a line that is none."""
    try:
        lines = file.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError):
        raise Refusal(say("pull.ids_file", file=file)) from None
    field = of_path(ITEM_ID)
    ids: dict[str, None] = {}
    for at, line in enumerate(lines, start=1):
        reading = read_cell(line, field, parser(field))
        if reading and not isinstance(reading.value, str):
            raise Refusal(say("pull.ids_line", file=file, line=at, shown=line.strip()))
        if reading:
            ids[str(reading.value)] = None
    if not ids:
        raise Refusal(say("pull.ids_none", file=file))
    return [*ids]


def _as_able(context: Context, told: PullNote) -> PullNote:
    """Apply gives an item without a code the sheet's, but only where the channel can."""
    adopts = told.code == "pull.no_code" and not context.abilities.writes(OUTER_ID)
    return replace(told, code="shop.no_code") if adopts else told


class _KnownItems(NamedTuple):
    """What is remembered of the profile's items."""

    codes: Mapping[str, str]
    """By id."""
    listings: Sequence[str]
    """The ids of those that are there still; SKUs are read with their listings."""
    in_campaigns: Sequence[Baseline]


def _known(context: Context) -> _KnownItems:
    codes: dict[str, str] = {}
    listings: dict[str, None] = {}
    in_campaigns: list[Baseline] = []
    for part in known_items(context.store):
        found = [(code, one, one.item_id) for code, one in part.items() if one.item_id]
        codes.update({item_id: code for code, _, item_id in found})
        listings.update(dict.fromkeys(listing_of(item_id) for _, one, item_id in found if not one.deleted))
        in_campaigns += (one for _, one, _ in found if one.window)
    return _KnownItems(codes, [*listings], in_campaigns)


def _all(context: Context, listings: Sequence[str]) -> FetchedItems:
    """Read the whole shop where it can be listed, else all items that were ever synced."""
    if context.catalogue is None:
        if not listings:
            raise Refusal(say("pull.no_items"))
        context.tell(say("pull.known", count=len(listings)))
        return _look(context, listings)
    make_ready(context, 0, writes=False)
    context.tell(say("pull.whole_shop"))
    return FetchedItems(context.catalogue.everything(context.reading, context.clock.now()), (), {})


def _look(context: Context, ids: Sequence[str]) -> FetchedItems:
    make_ready(context, len(ids), writes=False)
    with context.reading(len(ids)) as progress:
        return look(ids, context.channel, progress)


def _told(seen: FetchedItems, codes: Mapping[str, str]) -> tuple[PullNote, ...]:
    """Say what was looked for and isn't there; an item that state knows by its code, else by its id."""
    gone, unreadable = (
        tuple(key_words(codes.get(item_id, item_id)) for item_id in ids) for ids in (seen.gone, seen.unreadable)
    )
    why = next(iter(seen.unreadable.values()), None)
    return tuple(
        told for told in (PullNote("pull.gone", gone), PullNote("pull.unreadable", unreadable, why)) if told.items
    )

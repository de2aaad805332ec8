"""What the platform holds, as a sheet: of some items, or of all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from sync.apply.fetch import Seen, look
from sync.errors import Refusal
from sync.fields import OUTER_ID, category_table
from sync.messages import Joined, say
from sync.service.context import Context
from sync.service.credentials import make_ready
from sync.sheet.making.pulled import PullNote, lay_out, write_pulled


@dataclass(frozen=True)
class NewSheet:
    """What became of a sheet that was made."""

    items: int
    told: tuple[PullNote, ...]
    """What a person should know of it."""
    whole: bool
    """Whether it has all that was asked for."""


def pull(context: Context, out: Path, ids: Sequence[str] | None) -> NewSheet:
    """Write the items of `ids` into a new sheet; None: of the whole shop where it can be listed, else all known ones.

    Raises Refusal where nothing was found, or the file can't be made.
    """
    codes = {known.item_id: code for code, known in context.store.baselines().items() if known.item_id}
    seen = _all(context) if ids is None else _look(context, ids)
    categories = (*category_table(), *context.profile.categories)
    pulled = lay_out(seen.held, codes, categories, context.sheet_language)
    told = (*_told(seen, codes), *(_as_able(context, one) for one in pulled.told))
    if not pulled.rows:
        raise Refusal(say("pull.none_found", why=Joined(tuple(one.message for one in told))))
    try:
        write_pulled(out, pulled, categories, context.sheet_language)
    except FileExistsError:
        raise Refusal(say("cli.exists", file=out)) from None
    except OSError:
        raise Refusal(say("cli.unwritable", file=out)) from None
    return NewSheet(len(pulled.rows), told, whole=not (seen.unreadable or pulled.missing))


def _as_able(context: Context, told: PullNote) -> PullNote:
    """Apply gives an item without a code the sheet's, but only where the channel can."""
    adopts = told.code == "pull.no_code" and not context.profile.abilities.writes(OUTER_ID)
    return replace(told, code="shop.no_code") if adopts else told


def _all(context: Context) -> Seen:
    """Read the whole shop where it can be listed, else all items that were ever synced."""
    if context.catalogue is None:
        known = _known_ids(context)
        context.tell(say("pull.known", count=len(known)))
        return _look(context, known)
    make_ready(context, 0, writes=False)
    context.tell(say("pull.whole_shop"))
    reading = partial(context.progress, say("progress.reading"))
    return Seen(context.catalogue.everything(reading, context.clock.now()), (), {})


def _known_ids(context: Context) -> Sequence[str]:
    known = context.store.baselines().values()
    ids = [one.item_id for one in known if one.item_id and not one.deleted]
    if not ids:
        raise Refusal(say("pull.no_items"))
    return ids


def _look(context: Context, ids: Sequence[str]) -> Seen:
    make_ready(context, len(ids), writes=False)
    with context.progress(say("progress.reading"), len(ids)) as progress:
        return look(ids, context.channel, progress)


def _told(seen: Seen, codes: Mapping[str, str]) -> tuple[PullNote, ...]:
    """Say what was looked for and isn't there; an item that state knows by its code, else by its id."""
    gone, unreadable = (
        tuple(codes.get(item_id, item_id) for item_id in item_ids) for item_ids in (seen.gone, seen.unreadable)
    )
    why = next(iter(seen.unreadable.values()), None)
    return tuple(
        told for told in (PullNote("pull.gone", gone), PullNote("pull.unreadable", unreadable, why)) if told.items
    )

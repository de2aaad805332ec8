"""`itemsync pull`: what the platform holds, as a sheet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sync.cli.desk import Desk
from sync.cli.options import JsonOption, WorksheetOption
from sync.cli.usage import wrong
from sync.messages import Joined, Refusal, say

if TYPE_CHECKING:
    from sync.apply.look import Seen
    from sync.sheet.making.pulled import Told


def add_to(app: typer.Typer) -> None:
    """Add this file's commands."""
    app.command()(pull)


def pull(
    context: typer.Context,
    out: Annotated[Path | None, typer.Argument(metavar="OUT.xlsx", help="help.out", show_default=False)] = None,
    ids: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="help.ids"),
    ] = None,
    into: Annotated[Path | None, typer.Option(metavar="SHEET", help="help.into")] = None,
    worksheet: WorksheetOption = None,
    json: JsonOption = False,
) -> int:
    """Write what the platform holds into a new sheet, ready to edit and apply."""
    desk: Desk = context.obj
    if out is not None and into is None and worksheet is None:
        return _new_sheet(desk, out, ids)
    if into is not None and out is None and ids is None:
        from sync.cli.refreshing import bring_up_to_date

        return bring_up_to_date(desk, into, worksheet)
    raise wrong(say("usage.pull"))


def _new_sheet(desk: Desk, out: Path, ids: Path | None) -> int:
    from sync.fields import category_table
    from sync.sheet.making.pulled import lay_out, write_pulled

    _refuse_place(out)
    codes = {known.item_id: code for code, known in desk.store.baselines().items() if known.item_id}
    seen = _look(desk, _ids_of(ids)) if ids else _all(desk)
    categories = (*category_table(), *desk.profile.categories)
    pulled = lay_out(seen.held, codes, categories, desk.sheet_language)
    told = (*_told(seen, codes), *(_as_able(desk, one) for one in pulled.told))
    if not pulled.rows:
        raise Refusal(say("pull.none_found", why=Joined(tuple(one.message for one in told))))
    try:
        write_pulled(out, pulled, categories, desk.sheet_language)
    except FileExistsError:
        raise Refusal(say("cli.exists", file=out)) from None
    except OSError:
        raise Refusal(say("cli.unwritable", file=out)) from None
    desk.say(say("pull.done", count=len(pulled.rows), file=out))
    tell(desk, {"file": str(out), "items": len(pulled.rows)}, told)
    return 1 if seen.unreadable or pulled.missing else 0


def tell(desk: Desk, facts: Mapping[str, object], told: Sequence[Told]) -> None:
    """Say what a person should know; with `--json`, beside the `facts` in one document."""
    for one in told:
        desk.say(one.message)
    if desk.json:
        problems = [
            {"code": one.code, "message": one.message.words(desk.language), "items": [*one.items]} for one in told
        ]
        desk.document({**facts, "problems": problems})


def _refuse_place(out: Path) -> None:
    if out.suffix.lower() != ".xlsx":
        raise Refusal(say("cli.xlsx_only", file=out))
    if out.exists():
        raise Refusal(say("cli.exists", file=out))


def _as_able(desk: Desk, told: Told) -> Told:
    """Apply gives an item without a code the sheet's, but only where the channel can."""
    from sync.fields import OUTER_ID

    adopts = told.code == "pull.no_code" and not desk.profile.abilities.writes(OUTER_ID)
    return replace(told, code="shop.no_code") if adopts else told


def _all(desk: Desk) -> Seen:
    """Read the whole shop where it can be listed, else all items that were ever synced."""
    from sync.apply.look import Seen
    from sync.service.credentials import make_ready

    if desk.catalogue is None:
        known = _known_ids(desk)
        desk.tell(say("pull.known", count=len(known)))
        return _look(desk, known)
    make_ready(desk, 0, writes=False)
    desk.tell(say("pull.whole_shop"))
    reading = partial(desk.progress, say("progress.reading"))
    return Seen(desk.catalogue.everything(reading, desk.clock.now()), (), {})


def _known_ids(desk: Desk) -> Sequence[str]:
    known = desk.store.baselines().values()
    ids = [one.item_id for one in known if one.item_id and not one.deleted]
    if not ids:
        raise Refusal(say("pull.no_items"))
    return ids


def _ids_of(file: Path) -> Sequence[str]:
    """Read the ids of a file, each once, in its order; raises Refusal for a line that is none."""
    from sync.fields import ITEM_ID, of_path
    from sync.sheet.cells import parser, read_cell

    try:
        lines = file.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError):
        raise Refusal(say("pull.ids_file", file=file)) from None
    field = of_path(ITEM_ID)
    ids: dict[str, None] = {}
    for number, line in enumerate(lines, start=1):
        reading = read_cell(line, field, parser(field))
        if reading and not isinstance(reading.value, str):
            raise Refusal(say("pull.ids_line", file=file, line=number, shown=line.strip()))
        if reading:
            ids[str(reading.value)] = None
    if not ids:
        raise Refusal(say("pull.ids_none", file=file))
    return [*ids]


def _look(desk: Desk, ids: Sequence[str]) -> Seen:
    from sync.apply.look import look
    from sync.service.credentials import make_ready

    make_ready(desk, len(ids), writes=False)
    with desk.progress(say("progress.reading"), len(ids)) as progress:
        return look(ids, desk.channel, progress)


def _told(seen: Seen, codes: Mapping[str, str]) -> tuple[Told, ...]:
    """Say what was looked for and isn't there; an item that state knows by its code, else by its id."""
    from sync.sheet.making.pulled import Told

    gone, unreadable = (
        tuple(codes.get(item_id, item_id) for item_id in item_ids) for item_ids in (seen.gone, seen.unreadable)
    )
    why = next(iter(seen.unreadable.values()), None)
    return tuple(told for told in (Told("pull.gone", gone), Told("pull.unreadable", unreadable, why)) if told.items)

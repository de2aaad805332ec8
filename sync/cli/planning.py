"""`itemsync plan`: the dry run. And how `apply` comes by its plan."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from errno import ELOOP
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sync.cli.desk import Desk
from sync.cli.options import (
    AsNewOption,
    JsonOption,
    OnConflictOption,
    OnDriftOption,
    OnlyOption,
    RefreshOption,
    RekeyOption,
    RepublishOption,
    SheetArgument,
    WorksheetOption,
)
from sync.codes import as_code
from sync.item import SHOP_TIME, Row
from sync.legible import to_json
from sync.messages import Level, Refusal, say

if TYPE_CHECKING:
    from sync.plan.plan import Plan
    from sync.sheet.read import Sheet


@dataclass(frozen=True)
class Wish:
    """What a person asked to be planned."""

    sheet: Path
    only: str | None = None
    skip_conflicts: bool = False
    skip_drift: bool = False
    rekey: bool = False
    republish: bool = False
    changed_only: bool = False
    worksheet: str | None = None
    as_new: frozenset[str] = frozenset()
    """Codes that look like another's, and are other items' all the same."""
    saved: bool = False
    """A saved plan asks, whose sheet may have changed since."""
    codes: frozenset[str] | None = None
    """Of a saved plan that was made for a part of the sheet: that part's."""


def add_to(app: typer.Typer) -> None:
    """Add this file's commands."""
    app.command()(plan)


def plan(
    context: typer.Context,
    sheet: SheetArgument,
    worksheet: WorksheetOption = None,
    only: OnlyOption = None,
    refresh: RefreshOption = "all",
    on_conflict: OnConflictOption = "sheet",
    on_drift: OnDriftOption = "sheet",
    rekey: RekeyOption = False,
    republish: RepublishOption = False,
    as_new: AsNewOption = None,
    output: Annotated[Path | None, typer.Option("-o", "--output", metavar="PLAN.json", help="help.output")] = None,
    html: Annotated[Path | None, typer.Option(metavar="OUT.html", help="help.html")] = None,
    json: JsonOption = False,
) -> int:
    """Show what apply would do; nothing is changed."""
    from sync.cli.choosing import opened

    desk: Desk = context.obj
    skip = on_conflict == "skip", on_drift == "skip"
    wish = Wish(sheet, only, *skip, rekey, republish, refresh == "changed", worksheet, codes_in(as_new, "--as-new"))
    read, made = make_plan(desk, wish)
    document = plan_document(desk, made) if output or json else {}
    if output:
        save(output, dumps(_to_save(desk, wish, read, made, document)))
    if html:
        from sync.cli.shop import shop_words
        from sync.report.page import plan_page

        save(html, plan_page(made, desk.language, now(desk), sheet.name, shop=shop_words(desk)))
    if json:
        desk.document(document)
    else:
        show(desk, made)
    if open_now := opened(sheet):
        desk.tell(open_now)
    if unfinished := desk.store.unfinished():
        desk.tell(say("plan.unfinished", run=unfinished.id, sheet=Path(unfinished.sheet).name))
    for written in (output, html):
        if written:
            desk.tell(say("cli.saved", file=written))
    return exit_code(made)


def make_plan(desk: Desk, wish: Wish, *, writes: bool = False) -> tuple[Sheet, Plan]:
    """Read the sheet and the platform, and compare. Raises Refusal for what can't be read or reached.

    `writes`: the plan is to be carried out, so that an authorization that only reads won't do.
    """
    from sync.apply.lag import recent
    from sync.apply.made import made_of
    from sync.apply.prepare import prepare
    from sync.cli.access import make_ready
    from sync.cli.choosing import read, silent
    from sync.cli.ruling import rules_for
    from sync.cli.shop import adopt, refuse_another
    from sync.plan.identity import Memory
    from sync.plan.options import Options
    from sync.plan.plan import Action
    from sync.sheet.writeback.rehearsal import rehearse
    from sync.state.name import name_of

    profile = desk.profile
    sheet = read(desk, wish.sheet, wish.worksheet)
    if homeless := rehearse(wish.sheet, sheet):
        if writes:
            raise Refusal(homeless)
        desk.tell(homeless)
    for problem in sheet.problems:
        if problem.level is Level.WARNING:
            desk.tell(problem.message)
    rows = part(sheet.rows, wish.only) if wish.codes is None else _those(sheet.rows, wish.codes)
    if not wish.saved:
        _refuse_unknown(wish.as_new, sheet.rows, "--as-new")
    rules = rules_for(desk, sheet)
    if sheet.silent and not rules.listed:
        raise silent(sheet, wish.sheet)
    profile.require_gateway()
    refuse_another(desk)
    make_ready(desk, len(rows), writes=writes)
    options = Options(
        file=wish.sheet.name,
        path=str(wish.sheet.resolve()),
        skip_conflicts=wish.skip_conflicts,
        skip_drift=wish.skip_drift,
        other_state=sheet.state is not None and sheet.state != name_of(desk.store),
        rekey=wish.rekey,
        republish=wish.republish,
        as_new=wish.as_new,
        sheet=sheet.rows,
        changed_only=wish.changed_only,
        limits=profile.guards.limits(),
        publish=profile.publish,
        verified=profile.verify,
        abilities=profile.abilities,
        rules=rules,
    )
    known = desk.store.remembered()
    memory = Memory(known.baselines, known.said)
    reading = partial(desk.progress, say("cli.reading"))
    just_now = recent(desk.store, desk.clock, profile.settle)
    moves = partial(made_of, desk.store)
    made = prepare(
        rows, memory, desk.channel, options, reading, made=moves, catalogue=desk.catalogue, recent=just_now
    )
    adopt(desk, (row.remote for row in made.rows if not row.unread))
    # Ids beside the codes may have said that an item is to bear another one.
    if sheet.names_only and not rules.listed and all(row.action is Action.NONE for row in made.rows):
        raise silent(sheet, wish.sheet)
    return sheet, replace(made, ignored=sheet.ignored)


def part(rows: tuple[Row, ...], only: str | None) -> tuple[Row, ...]:
    """Return the rows that `--only` names (codes with commas, or @FILE with one a line); all without it.

    Raises Refusal for no code, and for one that no row has: a typing error must not look like nothing to do.
    """
    if only is None:
        return rows
    codes = codes_in(only)
    _refuse_unknown(codes, rows)
    return _those(rows, codes)


def _those(rows: tuple[Row, ...], codes: Collection[str]) -> tuple[Row, ...]:
    return tuple(row for row in rows if row.outer_id in codes)


def codes_in(given: str | None, option: str = "--only") -> frozenset[str]:
    """Read CODES|@FILE; None: none were given. Raises Refusal where there are none in it, or no such file."""
    if given is None:
        return frozenset()
    codes = frozenset(map(as_code, _lines(Path(given[1:])) if given.startswith("@") else given.split(","))) - {""}
    if not codes:
        raise Refusal(say("cli.only.none", option=option))
    return codes


def _lines(file: Path) -> list[str]:
    try:
        return file.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError):
        raise Refusal(say("cli.only.file", file=file)) from None


def _refuse_unknown(codes: Collection[str], rows: Iterable[Row], option: str = "--only") -> None:
    if missing := sorted({*codes} - {row.outer_id for row in rows}):
        raise Refusal(say("cli.only.unknown", codes=", ".join(missing), option=option))


def show(
    desk: Desk, made: Plan, *, forced: Sequence[str] = (), delete: bool | None = None, asked: bool = False
) -> None:
    """Print the preview; `forced`, `delete`: what a person has said to it already; None: nobody was asked yet.

    `asked`: they are asked now, and everything is looked at again after that.
    """
    from sync.cli.costing import shares
    from sync.cli.shop import shop_words
    from sync.plan.effort import effort
    from sync.report.terminal import Settled, preview

    desk.say(say("shop.line", shop=shop_words(desk)))
    work = effort(made, asked=asked, verify=desk.profile.verify, delete=delete is not False)
    settled = Settled(forced, bool(delete), work)
    preview(made, desk.language, desk.out, shares(desk, work.calls), settled)


def plan_document(desk: Desk, made: Plan) -> dict[str, object]:
    """Return the plan's JSON."""
    from sync.cli.shop import shop_document
    from sync.plan.document import document

    return {"shop": shop_document(desk), **document(made, desk.channel.spell, desk.language)}


def _to_save(desk: Desk, wish: Wish, read: Sheet, made: Plan, document: dict[str, object]) -> dict[str, object]:
    from sync.plan.saved import Choices, saved_document

    choices = Choices(
        profile=desk.profile.remembered_as,
        gateway=desk.profile.gateway,
        sheet=str(wish.sheet.resolve()),
        worksheet=read.layout.sheet,
        skip_conflicts=wish.skip_conflicts,
        skip_drift=wish.skip_drift,
        rekey=wish.rekey,
        republish=wish.republish,
        as_new=tuple(sorted(wish.as_new)),
        changed_only=wish.changed_only,
        only=None if wish.only is None else tuple(sorted(codes_in(wish.only))),
    )
    return saved_document(document, made, choices)


def exit_code(made: Plan) -> int:
    """1 if a row was invalid, blocked or skipped; else 0, with or without changes (DESIGN section 9)."""
    return 1 if made.summary.invalid or made.summary.blocked else 0


def dumps(document: dict[str, object]) -> str:
    """Write JSON for a file."""
    return to_json(document, indent=2) + "\n"


def save(file: Path, text: str) -> None:
    """Write a file that the person named, whole or not at all; raises Refusal if that can't be done."""
    from sync.drafts import write_whole

    try:
        write_whole(file, text.encode())
    except OSError as error:
        raise Refusal(say("cli.link" if error.errno == ELOOP else "cli.unwritable", file=file)) from None


def now(desk: Desk) -> datetime:
    """The time on the shop's clock."""
    return desk.clock.now().astimezone(SHOP_TIME)

"""A request → the sheet as it was read, and the plan of what applying it would do. Nothing is changed by it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

from sync.apply.prepare import prepare
from sync.apply.recent_changes import recent
from sync.apply.stock_moves import made_of
from sync.errors import Refusal
from sync.messages import Level, say
from sync.packed import Packed
from sync.plan.identity import Memory
from sync.plan.options import Options
from sync.plan.plan import Action
from sync.rows import Rows
from sync.service.authorization import make_ready
from sync.service.freezing import with_freeze
from sync.service.full_reading import as_profile_says
from sync.service.locking import basis, refuse_unfinished
from sync.service.planned import Planned
from sync.service.request import PlanRequest
from sync.service.rules import rules_for
from sync.service.sheet_identity import names_of, origin_of
from sync.service.sheets import silent
from sync.service.shop_identity import USER_ID, adopt, refuse_another
from sync.state.journal import Origin
from sync.state.name import name_of
from sync.state.observations import Seen, observe

if TYPE_CHECKING:
    from sync.item import Item, Row, Value
    from sync.plan.plan import Plan, RowPlan
    from sync.plan.rules import Rules
    from sync.service.context import Context
    from sync.sheet.read import Sheet


def make_plan(context: Context, request: PlanRequest, as_read: Sheet | None = None) -> Planned:
    """Read the sheet and the platform, and compare.

    `as_read`: the sheet, where it was read already. Raises Refusal for what can't be read or reached, NeedsWorksheet
    where nobody says which one is meant, and Unfinished for a plan that is to be carried out while an earlier run is
    open.
    """
    if request.writes:
        refuse_unfinished(context)
    began = basis(context)
    sheet = as_read or request.source.read(context, request.worksheet)
    _rehearse(context, request, sheet)
    for problem in sheet.problems:
        if problem.level is Level.WARNING:
            context.tell(problem.message)
    rows = _part(sheet.rows, request)
    rules = rules_for(context, sheet)
    if sheet.silent and not rules.listed:
        raise silent(sheet, request.source.name)
    context.profile.require_gateway()
    refuse_another(context)
    make_ready(context, len(rows), writes=request.writes)
    origin, notes = origin_of(context, request.source, sheet)
    memory = Memory(context.store.baselines())
    options = _options(context, request, sheet, rules, origin)
    if request.by_profile:
        options, said = as_profile_says(context, rows, memory, options)
        notes = (*notes, *said)
    noted = _Noted()
    made = _compare(context, rows, memory, options, noted)
    observe(context.store, noted.seen, context.clock.now(), "plan")
    adopt(context, noted.of_sellers.values())
    # Ids beside the codes may have said that an item is to bear another one.
    if sheet.names_only and not rules.listed and all(row.action is Action.NONE for row in made.busy):
        raise silent(sheet, request.source.name)
    made = with_freeze(context, replace(made, ignored=sheet.ignored, notes=(*made.notes, *notes)))
    return Planned(made, origin, began, context, replace(request, choices=options.choices), sheet)


@dataclass
class _Noted:
    """What is kept of a plan's readings beside the plan."""

    seen: Packed[Seen] = field(default_factory=Packed)
    """For the shop to learn from."""
    of_sellers: dict[Value | None, Item] = field(default_factory=dict)
    """An item of each seller."""

    def take(self, rows: Iterable[RowPlan]) -> None:
        """Take note of rows that were planned."""
        read = [row for row in rows if row.remote and not row.unread]
        for row in read:
            self.of_sellers.setdefault(row.remote.get(USER_ID), row.remote)
        self.seen.extend(Seen.of(row.renames or row.row.key, row.remote) for row in read)


def _refuse_unknown(codes: Collection[str], rows: Iterable[Row], option: str) -> None:
    """Raise Refusal for codes that no row has: a typing error must not look like nothing to do."""
    if codes and (missing := sorted({*codes}.difference(Rows.of(rows).codes))):
        raise Refusal(say("only.unknown", codes=", ".join(missing), option=option))


def _rehearse(context: Context, request: PlanRequest, sheet: Sheet) -> None:
    """Results must find their place before anything is sent."""
    if homeless := request.source.homeless(sheet):
        if request.writes:
            raise Refusal(homeless)
        context.tell(homeless)


def _part(rows: Sequence[Row], request: PlanRequest) -> Sequence[Row]:
    choices = request.choices
    if not request.saved:
        _refuse_unknown(choices.only or (), rows, "--only")
        _refuse_unknown(choices.as_new, rows, "--as-new")
    if choices.only is None:
        return rows
    sheet = Rows.of(rows)
    return sheet.at([place for place, code in enumerate(sheet.codes) if code in choices.only])


def _options(context: Context, request: PlanRequest, sheet: Sheet, rules: Rules, origin: Origin) -> Options:
    profile = context.profile
    return Options(
        file=request.source.name,
        sheet_id=origin.id,
        names=names_of(context, origin),
        choices=request.choices,
        other_state=sheet.state is not None and sheet.state != name_of(context.store),
        sheet=sheet.rows,
        limits=profile.guards,
        publish=profile.publish,
        verified=profile.verify,
        abilities=context.abilities,
        rules=rules,
    )


def _compare(context: Context, rows: Sequence[Row], memory: Memory, options: Options, noted: _Noted) -> Plan:
    return prepare(
        rows,
        memory,
        context.channel,
        options,
        context.reading,
        made=partial(made_of, context.store),
        catalogue=context.catalogue,
        recent=recent(context.store, context.clock, context.profile.settle),
        note=noted.take,
    )

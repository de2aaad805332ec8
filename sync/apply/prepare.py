"""Reads the platform for the rows of a sheet, and makes the plan."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from sync.apply.recent_changes import Recent
from sync.call import Outcome, Reply
from sync.errors import GatewayDown, Refusal
from sync.gateway.channel import Catalogue, Channel, Progress, Reading
from sync.item import Row
from sync.messages import Level, Problem, say
from sync.plan.build import plan_of_rows, plan_rows, planned_together
from sync.plan.by_row import TOGETHER, ByRow
from sync.plan.identity import FoundItem, LookedUp, Memory
from sync.plan.listings import parted
from sync.plan.options import Options
from sync.plan.plan import Plan, RowPlan
from sync.plan.planned_rows import PlannedRows
from sync.plan.resolve import (
    ResolvedRow,
    codes_to_find,
    ids_to_read,
    moving_codes,
    resolve,
    rest_of,
    with_repeats,
)
from sync.plan.skus import with_skus
from sync.plan.windows import left_behind
from sync.remembered import Made
from sync.rows import Rows

MadeOf = Callable[[frozenset[str]], Mapping[str, Sequence[Made]]]
"""Returns the 库存增减 that were made under some codes, see `stock_moves.made_of`."""


def prepare(
    rows: Sequence[Row],
    memory: Memory,
    channel: Channel,
    options: Options,
    reading: Reading,
    *,
    made: MadeOf,
    catalogue: Catalogue | None = None,
    recent: Recent | None = None,
    note: Callable[[Iterable[RowPlan]], object] = lambda _: None,
) -> Plan:
    """Make the plan of `rows`: one reading of every item that they mean, and no other call.

    `reading` is told how many items will be read, and shows how far that is. `catalogue`: the shop, where it can be
    searched for items that only a code names. `recent`: what runs changed just now: an old copy of it is read again.
    `note` is shown what is carried out as it is planned, but for rows of which nothing was to be read.

    Raises GatewayDown if the gateway can't be reached or refuses the credentials, and Refusal where somebody asks to
    stop before everything is read.
    """
    rows = parted(Rows.of(rows))
    meant = resolve(rows, memory, options)
    if catalogue and (codes := codes_to_find(meant)):
        found = {code: _looked_up(reply) for code, reply in catalogue.find(codes).items()}
        meant = resolve(rows, memory, options, found)
    wanted = ids_to_read(meant)
    with reading(len(wanted)) as progress:
        source = _Source(memory, channel, options, made, recent, progress)
        whole = len(meant.busy) <= TOGETHER or any(sku is not None for sku in Rows.of(rows).skus)
        planned = source.together(meant, note) if whole else source.in_parts(meant, note)
    sheet = rows if options.sheet is rows else parted(Rows.of(options.sheet))
    rest = () if sheet is rows else rest_of(sheet, rows, memory)
    if isinstance(planned, PlannedRows):
        plan = planned.plan(rest, reads=len(wanted))
    else:
        plan = plan_of_rows(planned, options, rest, reads=len(wanted))
    forgotten = tuple(left_behind(sheet or rows, memory.baselines, options.rules))
    return replace(plan, notes=(*plan.notes, *forgotten)) if forgotten else plan


@dataclass(frozen=True)
class _Source:
    """What rows are planned from."""

    memory: Memory
    channel: Channel
    options: Options
    made: MadeOf
    recent: Recent | None
    progress: Progress

    def together(self, meant: ByRow[ResolvedRow], note: Callable[[Iterable[RowPlan]], object]) -> ByRow[RowPlan]:
        """Plan all rows at once: what one SKU's row says may matter to the others of its listing."""
        meant, answers = self._read(meant)
        planned = planned_together(meant, answers, self.options)
        note(planned.busy)
        return planned

    def in_parts(self, meant: ByRow[ResolvedRow], note: Callable[[Iterable[RowPlan]], object]) -> PlannedRows:
        """Plan some rows after others: their items' readings, all at once, would be most of the memory."""
        planned = PlannedRows(meant, self.options)
        for start in range(0, len(meant.busy), TOGETHER):
            part, answers = self._read(ByRow.of(meant.busy[start : start + TOGETHER]))
            plans = tuple(plan_rows(part, answers, self.options))
            note(plans)
            planned.add(part, plans)
        return planned

    def _read(self, meant: ByRow[ResolvedRow]) -> tuple[ByRow[ResolvedRow], Mapping[str, FoundItem]]:
        """Read what rows mean; returns them with all that is known of them by now, and the answers by id."""
        wanted, memory, options = ids_to_read(meant), self.memory, self.options
        read = self.recent.read if self.recent else _read
        replies = read(wanted, self.channel, self.progress)
        answers = {item_id: found_in(reply) for item_id, reply in replies.items()}
        answers |= {own: FoundItem(sku) for answer in tuple(answers.values()) for own, sku in answer.skus.items()}
        meant = with_skus(meant, answers, memory, options)
        # Only now every row's item is known, whatever code state has it under.
        return with_repeats(meant, self.made(moving_codes(meant, memory)), memory, options), answers


def _read(item_ids: Sequence[str], channel: Channel, progress: Progress) -> Mapping[str, Reply]:
    return channel.read(item_ids, progress)


def found_in(reply: Reply) -> FoundItem:
    """Return what a reading found; raises GatewayDown where no further call would pass, Refusal at a stop."""
    failure = _failure(reply)
    return FoundItem(None, failure) if failure else FoundItem(reply.item, skus=reply.skus)


def _looked_up(reply: Reply) -> LookedUp:
    return LookedUp(reply.found, _failure(reply))


def _failure(reply: Reply) -> Problem | None:
    """Return why a row can't be planned; raises Refusal where none can."""
    if reply.fatal and reply.error:
        raise GatewayDown(reply.error)
    if reply.outcome is Outcome.DONE:
        return None
    if reply.outcome is Outcome.NOT_SENT:
        # Somebody asked to stop: what wasn't read says nothing of its row, and must not hold it back.
        raise Refusal(say("plan.stopped"))
    return Problem(None, say("item.unreadable", reason=reply.error), Level.WARNING)

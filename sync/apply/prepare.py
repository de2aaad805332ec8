"""Reads the platform for the rows of a sheet, and makes the plan."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from sync.apply.recent_changes import Recent
from sync.call import Outcome, Reply
from sync.errors import GatewayDown, Refusal
from sync.gateway.channel import Catalogue, Channel, Reading
from sync.item import Made, Row
from sync.messages import Level, Problem, say
from sync.plan.build import build
from sync.plan.identity import FoundItem, LookedUp, Memory
from sync.plan.listings import parted
from sync.plan.options import Options
from sync.plan.plan import Plan
from sync.plan.resolve import codes_to_find, ids_to_read, moving_codes, resolve, rest_of, with_repeats
from sync.plan.skus import with_skus
from sync.plan.windows import left_behind
from sync.rows import Rows


def prepare(
    rows: Sequence[Row],
    memory: Memory,
    channel: Channel,
    options: Options,
    reading: Reading,
    *,
    made: Callable[[frozenset[str]], Mapping[str, Sequence[Made]]],
    catalogue: Catalogue | None = None,
    recent: Recent | None = None,
) -> Plan:
    """Make the plan of `rows`: one reading of every item that they mean, and no other call.

    `reading` is told how many items will be read, and shows how far that is. `made` returns the 库存增减 that were
    made under some codes, see `stock_moves.made_of`. `catalogue`: the shop, where it can be searched for items that
    only a code names. `recent`: what runs changed just now: an old copy of it is read again.

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
        replies = recent.read(wanted, channel, progress) if recent else channel.read(wanted, progress)
    answers = {item_id: found_in(reply) for item_id, reply in replies.items()}
    answers |= {own: FoundItem(sku) for answer in tuple(answers.values()) for own, sku in answer.skus.items()}
    meant = with_skus(meant, answers, memory, options)
    # Only now every row's item is known, whatever code state has it under.
    meant = with_repeats(meant, made(moving_codes(meant, memory)), memory, options)
    whole = rows if options.sheet is rows else parted(Rows.of(options.sheet))
    plan = build(meant, answers, options, rest_of(whole, rows, memory), reads=len(replies))
    forgotten = tuple(left_behind(whole or rows, memory.baselines, options.rules))
    return replace(plan, notes=(*plan.notes, *forgotten)) if forgotten else plan


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

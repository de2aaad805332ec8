"""Reads the platform for the rows of a sheet, and makes the plan."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager

from sync.call import Outcome, Reply
from sync.gateway.channel import Channel, Progress
from sync.item import Row
from sync.messages import Exit, Level, Problem, Refusal, say
from sync.plan.build import Options, build, ids_to_read, resolve
from sync.plan.identity import Found, Memory
from sync.plan.plan import Plan

Reading = Callable[[int], AbstractContextManager[Progress]]


def prepare(
    rows: Sequence[Row],
    memory: Memory,
    channel: Channel,
    options: Options,
    reading: Reading,
) -> Plan:
    """Make the plan of `rows`: one reading of every item that they mean, and no other call.

    `reading` is told how many items will be read, and shows how far that is.

    Raises Refusal (exit 4) if the gateway can't be reached or refuses the credentials.
    """
    meant = resolve(rows, memory, options)
    wanted = ids_to_read(meant)
    with reading(len(wanted)) as progress:
        replies = channel.read(wanted, progress)
    return build(meant, {item_id: _found(reply) for item_id, reply in replies.items()}, options)


def _found(reply: Reply) -> Found:
    if reply.fatal and reply.error:
        raise Refusal(reply.error, Exit.GATEWAY)
    if reply.outcome is Outcome.DONE:
        return Found(reply.item)
    return Found(None, Problem(None, say("item.unreadable", reason=reply.error), Level.WARNING))

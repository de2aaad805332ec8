"""What both channels do alike: what became of a call that wasn't done, and reading many items side by side."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, wait
from itertools import chain
from typing import TypeVar

from sync.call import Outcome, Reply
from sync.gateway.client import Client
from sync.gateway.errors import FailureKind
from sync.gateway.retry import CallAnswer, OutgoingCall
from sync.gateway.threads import PULSE, workers
from sync.messages import say

Read = TypeVar("Read")


def not_done(answer: CallAnswer) -> Reply:
    """Return what came of a call that got no success."""
    if answer.lost is not None:
        return Reply(Outcome.UNKNOWN, error=answer.lost)
    if answer.refused is None:
        return Reply(Outcome.NOT_SENT, error=answer.unsent, fatal=answer.unsent is not None)
    refused = answer.refused
    outcome = {FailureKind.ROW: Outcome.FAILED, FailureKind.LATER: Outcome.UNKNOWN}.get(
        refused.kind, Outcome.NOT_SENT
    )
    return Reply(
        outcome,
        error=refused.message,
        error_code=refused.code,
        request_id=answer.request_id,
        fatal=outcome is Outcome.NOT_SENT,
    )


def untrusted(reason: str, request_id: str | None) -> Reply:
    """Return what came of a call whose success can't be believed; `reason` is a few fixed words."""
    return Reply(Outcome.UNKNOWN, error=say("gateway.garbled", reason=reason), request_id=request_id)


def side_by_side(
    client: Client,
    connections: int,
    errands: Sequence[OutgoingCall],
    read: Callable[[OutgoingCall, CallAnswer], Read],
    ended: Callable[[Sequence[OutgoingCall]], object],
) -> list[Read]:
    """Send errands that change nothing over several connections; return what is `read` of each, in their order.

    `ended` is told of those that were sent. What it or `read` raises ends them all.
    """
    closed: list[CallAnswer] = []

    def send(part: Sequence[OutgoingCall]) -> Sequence[Read]:
        # Where one call can't pass, none can: the thousands behind it would only wait for their time-outs.
        if closed:
            return [read(errand, closed[0]) for errand in part]
        answers = client.send(part)
        closed.extend(answer for answer in answers if answer.closing)
        ended(part)
        return [read(errand, answer) for errand, answer in zip(part, answers, strict=True)]

    share = min(client.batch_size, -(-len(errands) // connections)) or 1
    parts = [errands[start : start + share] for start in range(0, len(errands), share)]
    with workers(connections) as pool:
        try:
            sent = [pool.submit(send, part) for part in parts]
            left = set(sent)
            while left:
                done, left = wait(left, PULSE, FIRST_COMPLETED)
                for part_sent in done:
                    part_sent.result()
        except BaseException:
            # Ctrl-C: nobody waits for a long pause to end.
            client.abandon()
            raise
    return list(chain.from_iterable(part_sent.result() for part_sent in sent))

"""What both channels share: sending calls, reading many at the same time, the reply to a call that wasn't done."""

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


class ChannelBase:
    """A client, and how many requests for reading it may make at the same time; see `Channel`."""

    def __init__(self, client: Client, *, connections: int = 4) -> None:
        """Use `client`, with up to `connections` requests for reading at the same time."""
        self._client = client
        self._connections = connections


def failed_reply(answer: CallAnswer) -> Reply:
    """Return what came of a call that got no success."""
    refused = answer.refused
    outcome = Outcome.FAILED if refused and refused.kind is FailureKind.ROW else Outcome.NOT_SENT
    return Reply(
        Outcome.UNKNOWN if answer.in_doubt else outcome,
        error=refused.message if refused else answer.lost or answer.unsent,
        error_code=refused.code if refused else None,
        request_id=answer.request_id,
        fatal=answer.stops_all is not None,
    )


def untrusted(reason: str, request_id: str | None) -> Reply:
    """Return what came of a call whose success can't be believed; `reason` is a few fixed words."""
    return Reply(Outcome.UNKNOWN, error=say("gateway.garbled", reason=reason), request_id=request_id)


def send_concurrently(
    client: Client,
    connections: int,
    calls: Sequence[OutgoingCall],
    read: Callable[[OutgoingCall, CallAnswer], Read],
    ended: Callable[[Sequence[OutgoingCall]], object],
) -> list[Read]:
    """Send calls that change nothing over several connections; return what is `read` of each, in their order.

    `ended` is called with those that were sent. What it or `read` raises ends them all.
    """
    stopped: list[CallAnswer] = []

    def send(part: Sequence[OutgoingCall]) -> Sequence[Read]:
        # Where one call can't pass, none can: the thousands behind it would only wait for their time-outs.
        if stopped:
            return [read(call, stopped[0]) for call in part]
        answers = client.send(part)
        stopped.extend(answer for answer in answers if answer.stops_all)
        ended(part)
        return [read(call, answer) for call, answer in zip(part, answers, strict=True)]

    share = min(client.batch_size, -(-len(calls) // connections)) or 1
    parts = [calls[start : start + share] for start in range(0, len(calls), share)]
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

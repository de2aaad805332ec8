"""The catalog of what can go wrong with a call: what its client sees, and whether the platform carried it out.

`faults.py` decides which call meets one. The faults are those of docs/explanation/platform.md;
their words are the platform's, so they are no part of `messages.toml`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from functools import partial

from sync.messages import Message, say
from sync.sandbox.gate import Rejected


class Effect(Enum):
    """When a call that meets a fault is carried out."""

    NEVER = "never"
    NOW = "at once"
    LATE = "later"
    """After its client has given up on it."""


class Reach(Enum):
    """How far a fault reaches that strikes a call of a batch."""

    CALL = "the call's own answer"
    REQUEST = "the answer of the whole request"
    """Whatever becomes of the other calls."""
    BATCH = "all calls of the batch"
    """No single call can meet it."""


@dataclass(frozen=True)
class CannedReply:
    """The HTTP response to a call, or to a batch of calls."""

    body: bytes = b""
    status: int = 200
    media_type: str = "application/json"
    withheld: float = 0.0
    """Seconds of silence before it."""
    dropped: bool = False
    """No answer at all: the connection is closed instead."""
    success: bool = False
    """Whether the shop did what it was asked; never sent as such."""


NOTHING = CannedReply(dropped=True)
"""There is no right answer to a call that wasn't carried out."""
NO_SUCH_ROUTE = CannedReply(b"Not Found", 404, "text/plain")


@dataclass(frozen=True)
class AnswerParts:
    """What a spoilt answer is made of."""

    right: CannedReply
    """The answer as it should have been; `NOTHING` unless the call was carried out at once."""
    delay: float
    """Seconds, longer than the client waits."""
    ban: int
    """Seconds until the ban ends."""
    of_calls: Sequence[bytes] = ()
    """Of a batch: the answers of its calls, which `right` joins."""
    separator: bytes = b""


Spoiler = Callable[[AnswerParts], CannedReply]
"""Makes what the client gets; raises Rejected where that is an `error_response`."""


@dataclass(frozen=True)
class FaultKind:
    """One line of the catalog."""

    name: str
    effect: Effect
    spoil: Spoiler
    reach: Reach
    """How far it reaches that a call of a batch meets it."""
    seen: Message = field(hash=False)
    """What a client sees."""


def _drop(parts: AnswerParts) -> CannedReply:
    return NOTHING


def _withhold(parts: AnswerParts) -> CannedReply:
    return replace(parts.right, withheld=parts.delay)


def _ban(parts: AnswerParts) -> CannedReply:
    sub_code = "accesscontrol.limited-by-api-access-count"
    raise Rejected(7, "App Call Limited", sub_code, f"This ban will last for {parts.ban} more seconds")


def _truncate(parts: AnswerParts) -> CannedReply:
    # Without its last brace no object is whole, so half of it never is.
    return replace(parts.right, body=parts.right.body[: len(parts.right.body) // 2])


def _empty(parts: AnswerParts) -> CannedReply:
    return replace(parts.right, body=b"")


def _add_controls(parts: AnswerParts) -> CannedReply:
    """Where an answer holds an item, which is JSON within JSON, they are white space in the inner one."""
    body = parts.right.body.replace(rb"{\"", b'{\n\t\\"')
    return replace(parts.right, body=body.replace(b'"request_id"', b'"trace": "a\x01b\t\nc", "request_id"'))


def _leave_out(parts: AnswerParts) -> CannedReply:
    return _joined(parts, parts.of_calls[: -max(1, len(parts.of_calls) // 3)])


def _add_one(parts: AnswerParts) -> CannedReply:
    # In front, so that whoever doesn't count reads every call's answer as another's.
    return _joined(parts, [parts.of_calls[-1], *parts.of_calls])


def _cut_last(parts: AnswerParts) -> CannedReply:
    *whole, last = parts.of_calls
    return _joined(parts, [*whole, last[: len(last) // 2]])


def _garble(parts: AnswerParts) -> CannedReply:
    return replace(parts.right, body=b'{"batch_response": ' + b"".join(parts.of_calls))


def _joined(parts: AnswerParts, answers: Sequence[bytes]) -> CannedReply:
    return replace(parts.right, body=parts.separator.join(answers))


def _error(code: int, sub_code: str | int, words: str, message: str = "Remote service error") -> Spoiler:
    def reject(parts: AnswerParts) -> CannedReply:
        raise Rejected(code, message, sub_code, words)

    return reject


def _html(status: int, words: str) -> Spoiler:
    page = f"<html><head><title>{words}</title></head><body><h1>{status} {words}</h1></body></html>"
    return lambda _: CannedReply(page.encode(), status, "text/html")


def _text(status: int, words: str) -> Spoiler:
    return lambda _: CannedReply(words.encode(), status, "text/plain")


def _kinds(
    name: str, effects: str | Effect, spoil: Spoiler, reach: Reach = Reach.REQUEST, seen: Message | None = None
) -> list[FaultKind]:
    """Return one kind for each effect, named after it; or the one kind that has no other."""
    seen = seen or say(f"fault.seen.{name}")
    if isinstance(effects, Effect):
        return [FaultKind(name, effects, spoil, reach, seen)]
    return [FaultKind(f"{name}-{word}", _EFFECTS[word], spoil, reach, seen) for word in effects.split()]


_EFFECTS = {"before": Effect.NEVER, "after": Effect.NOW, "late": Effect.LATE}
_BOTH, _ALL = "before after", "before after late"
_CALL, _BATCH, _REQUEST = Reach.CALL, Reach.BATCH, Reach.REQUEST
_IN_HTML, _IN_TEXT = partial(say, "fault.seen.html"), partial(say, "fault.seen.text")
_SERVICE_DOWN = _error(15, "isp.top-remote-service-unavailable", "服务不可用，请稍后重试")
_NO_SESSION = _error(27, "invalid-sessionkey", "SessionKey非法", "Invalid Session")
_LOW_LEVEL = _error(53, "isv.session-level-low", "授权的安全等级不够，请重新授权", "Session level is not enough")
_BUSY = _error(15, "isv.item-quantity-item-update-service-error", "库存中心服务正忙，请稍候再试")

BAN = "ban"
BATCH_BAN = "batch-ban"
SESSION_EXPIRED = "session-expired"

KINDS: Mapping[str, FaultKind] = {
    kind.name: kind
    for kind in (
        *_kinds("drop", _ALL, _drop),
        *_kinds("slow", _ALL, _withhold),
        *_kinds("isp", _BOTH, _SERVICE_DOWN, _CALL),
        *_kinds("code50", _BOTH, _error(50, "isp.top-remote-connection-timeout", "调用后端服务超时"), _CALL),
        *_kinds("tmall", _BOTH, _error(15, "isp.top-remote-connection-timeout-tmall", "调用后端服务超时"), _CALL),
        *_kinds("number", _BOTH, _error(50, 530, "系统错误"), _CALL),
        *_kinds("busy", _BOTH, _BUSY, _CALL),
        *_kinds("level-once", Effect.NEVER, _LOW_LEVEL, _CALL),
        *_kinds(BAN, Effect.NEVER, _ban, _CALL),
        *_kinds("session-once", Effect.NEVER, _NO_SESSION, _CALL),
        *_kinds(SESSION_EXPIRED, Effect.NEVER, _NO_SESSION, _CALL),
        *_kinds("http-404", _BOTH, _html(404, "Not Found"), _REQUEST, _IN_HTML(status=404)),
        *_kinds("http-405", _BOTH, _html(405, "Method Not Allowed"), _REQUEST, _IN_HTML(status=405)),
        *_kinds("http-502", _BOTH, _html(502, "Bad Gateway"), _REQUEST, _IN_HTML(status=502)),
        *_kinds("http-500", _BOTH, _text(500, "Internal Server Error"), _REQUEST, _IN_TEXT(status=500)),
        *_kinds("http-503", _BOTH, _text(503, "Service Unavailable"), _REQUEST, _IN_TEXT(status=503)),
        *_kinds("truncated", Effect.NOW, _truncate),
        *_kinds("empty", Effect.NOW, _empty),
        *_kinds("control", Effect.NOW, _add_controls, _CALL),
        *_kinds("batch-short", Effect.NOW, _leave_out, _BATCH),
        *_kinds("batch-long", Effect.NOW, _add_one, _BATCH),
        *_kinds("batch-cut", Effect.NOW, _cut_last, _BATCH),
        *_kinds("batch-garbled", Effect.NOW, _garble, _BATCH),
        *_kinds("batch-isp", _BOTH, _SERVICE_DOWN, _BATCH),
        *_kinds("batch-isv", Effect.NEVER, _error(15, "isv.batch-not-allowed", "批量请求参数不合法"), _BATCH),
        *_kinds(BATCH_BAN, Effect.NEVER, _ban, _BATCH),
    )
}

"""THE table of what can go wrong with a call: what its client sees, and whether the platform carried it out.

When one of them strikes is said by `faults.py`. The troubles are those that TOP-PROTOCOL sections 1 and 3 tell of;
their words are the platform's, so they are no part of `messages.toml`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum

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
    """What goes over the wire in answer to a call, or to a batch of calls."""

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
    parts: Sequence[bytes] = ()
    """Of a batch: the answers of its calls, which `right` joins."""
    separator: bytes = b""


@dataclass(frozen=True)
class FaultKind:
    """One line of the table."""

    name: str
    effect: Effect
    answer: Callable[[AnswerParts], CannedReply]
    """Makes what the client gets; raises Rejected where that is an `error_response`."""
    seen: Message = field(hash=False)
    """What a client sees."""
    reach: Reach = Reach.REQUEST
    """How far it reaches that a call of a batch meets it."""


def _dropped(scene: AnswerParts) -> CannedReply:
    return NOTHING


def _slow(scene: AnswerParts) -> CannedReply:
    return replace(scene.right, withheld=scene.delay)


def _says(code: int, message: str, sub_code: str | int, words: str) -> Callable[[AnswerParts], CannedReply]:
    def reject(scene: AnswerParts) -> CannedReply:
        raise Rejected(code, message, sub_code, words)

    return reject


_REMOTE = "Remote service error"
_isp = _says(15, _REMOTE, "isp.top-remote-service-unavailable", "服务不可用，请稍后重试")
_code50 = _says(50, _REMOTE, "isp.top-remote-connection-timeout", "调用后端服务超时")
_tmall = _says(15, _REMOTE, "isp.top-remote-connection-timeout-tmall", "调用后端服务超时")
_number = _says(50, _REMOTE, 530, "系统错误")
_busy = _says(15, _REMOTE, "isv.item-quantity-item-update-service-error", "库存中心服务正忙，请稍候再试")
_expired = _says(27, "Invalid Session", "invalid-sessionkey", "SessionKey非法")
_level = _says(53, "Session level is not enough", "isv.session-level-low", "授权的安全等级不够，请重新授权")
_isv = _says(15, _REMOTE, "isv.batch-not-allowed", "批量请求参数不合法")


def _banned(scene: AnswerParts) -> CannedReply:
    sub_code = "accesscontrol.limited-by-api-access-count"
    raise Rejected(7, "App Call Limited", sub_code, f"This ban will last for {scene.ban} more seconds")


def _truncated(scene: AnswerParts) -> CannedReply:
    # Without its last brace no object is whole, so half of it never is.
    return replace(scene.right, body=scene.right.body[: len(scene.right.body) // 2])


def _empty(scene: AnswerParts) -> CannedReply:
    return replace(scene.right, body=b"")


def _control(scene: AnswerParts) -> CannedReply:
    """Where an answer holds an item, which is JSON within JSON, they are white space in the inner one."""
    body = scene.right.body.replace(rb"{\"", b'{\n\t\\"')
    return replace(scene.right, body=body.replace(b'"request_id"', b'"trace": "a\x01b\t\nc", "request_id"'))


def _short(scene: AnswerParts) -> CannedReply:
    return _of_parts(scene, scene.parts[: -max(1, len(scene.parts) // 3)])


def _long(scene: AnswerParts) -> CannedReply:
    # In front, so that whoever doesn't count reads every call's answer as another's.
    return _of_parts(scene, [scene.parts[-1], *scene.parts])


def _cut(scene: AnswerParts) -> CannedReply:
    *whole, last = scene.parts
    return _of_parts(scene, [*whole, last[: len(last) // 2]])


def _garbled(scene: AnswerParts) -> CannedReply:
    return replace(scene.right, body=b'{"batch_response": ' + b"".join(scene.parts))


def _of_parts(scene: AnswerParts, parts: Sequence[bytes]) -> CannedReply:
    return replace(scene.right, body=scene.separator.join(parts))


def _page(status: int, words: str) -> Callable[[AnswerParts], CannedReply]:
    page = f"<html><head><title>{words}</title></head><body><h1>{status} {words}</h1></body></html>"
    return lambda scene: CannedReply(page.encode(), status, "text/html")


def _line(status: int, words: str) -> Callable[[AnswerParts], CannedReply]:
    return lambda scene: CannedReply(words.encode(), status, "text/plain")


_404 = _page(404, "Not Found")
_405 = _page(405, "Method Not Allowed")
_502 = _page(502, "Bad Gateway")
_500 = _line(500, "Internal Server Error")
_503 = _line(503, "Service Unavailable")

_HTML, _TEXT = "fault.seen.html", "fault.seen.text"

BAN = "ban"
BATCH_BAN = "batch-ban"
SESSION_EXPIRED = "session-expired"

KINDS: Mapping[str, FaultKind] = {
    kind.name: kind
    for kind in (
        FaultKind("drop-before", Effect.NEVER, _dropped, say("fault.seen.drop")),
        FaultKind("drop-after", Effect.NOW, _dropped, say("fault.seen.drop")),
        FaultKind("drop-late", Effect.LATE, _dropped, say("fault.seen.drop")),
        FaultKind("slow-before", Effect.NEVER, _slow, say("fault.seen.slow")),
        FaultKind("slow-after", Effect.NOW, _slow, say("fault.seen.slow")),
        FaultKind("slow-late", Effect.LATE, _slow, say("fault.seen.slow")),
        FaultKind("isp-before", Effect.NEVER, _isp, say("fault.seen.isp"), Reach.CALL),
        FaultKind("isp-after", Effect.NOW, _isp, say("fault.seen.isp"), Reach.CALL),
        FaultKind("code50-before", Effect.NEVER, _code50, say("fault.seen.code50"), Reach.CALL),
        FaultKind("code50-after", Effect.NOW, _code50, say("fault.seen.code50"), Reach.CALL),
        FaultKind("tmall-before", Effect.NEVER, _tmall, say("fault.seen.tmall"), Reach.CALL),
        FaultKind("tmall-after", Effect.NOW, _tmall, say("fault.seen.tmall"), Reach.CALL),
        FaultKind("number-before", Effect.NEVER, _number, say("fault.seen.number"), Reach.CALL),
        FaultKind("number-after", Effect.NOW, _number, say("fault.seen.number"), Reach.CALL),
        FaultKind("busy-before", Effect.NEVER, _busy, say("fault.seen.busy"), Reach.CALL),
        FaultKind("busy-after", Effect.NOW, _busy, say("fault.seen.busy"), Reach.CALL),
        FaultKind("level-once", Effect.NEVER, _level, say("fault.seen.level-once"), Reach.CALL),
        FaultKind(BAN, Effect.NEVER, _banned, say("fault.seen.ban"), Reach.CALL),
        FaultKind("session-once", Effect.NEVER, _expired, say("fault.seen.session-once"), Reach.CALL),
        FaultKind(
            SESSION_EXPIRED,
            Effect.NEVER,
            _expired,
            say("fault.seen.session-expired"),
            Reach.CALL,
        ),
        FaultKind("http-404-before", Effect.NEVER, _404, say(_HTML, status=404)),
        FaultKind("http-404-after", Effect.NOW, _404, say(_HTML, status=404)),
        FaultKind("http-405-before", Effect.NEVER, _405, say(_HTML, status=405)),
        FaultKind("http-405-after", Effect.NOW, _405, say(_HTML, status=405)),
        FaultKind("http-502-before", Effect.NEVER, _502, say(_HTML, status=502)),
        FaultKind("http-502-after", Effect.NOW, _502, say(_HTML, status=502)),
        FaultKind("http-500-before", Effect.NEVER, _500, say(_TEXT, status=500)),
        FaultKind("http-500-after", Effect.NOW, _500, say(_TEXT, status=500)),
        FaultKind("http-503-before", Effect.NEVER, _503, say(_TEXT, status=503)),
        FaultKind("http-503-after", Effect.NOW, _503, say(_TEXT, status=503)),
        FaultKind("truncated", Effect.NOW, _truncated, say("fault.seen.truncated")),
        FaultKind("empty", Effect.NOW, _empty, say("fault.seen.empty")),
        FaultKind(
            "control",
            Effect.NOW,
            _control,
            say("fault.seen.control"),
            Reach.CALL,
        ),
        FaultKind("batch-short", Effect.NOW, _short, say("fault.seen.batch-short"), Reach.BATCH),
        FaultKind("batch-long", Effect.NOW, _long, say("fault.seen.batch-long"), Reach.BATCH),
        FaultKind("batch-cut", Effect.NOW, _cut, say("fault.seen.batch-cut"), Reach.BATCH),
        FaultKind("batch-garbled", Effect.NOW, _garbled, say("fault.seen.batch-garbled"), Reach.BATCH),
        FaultKind("batch-isp-before", Effect.NEVER, _isp, say("fault.seen.batch-isp"), Reach.BATCH),
        FaultKind("batch-isp-after", Effect.NOW, _isp, say("fault.seen.batch-isp"), Reach.BATCH),
        FaultKind("batch-isv", Effect.NEVER, _isv, say("fault.seen.batch-isv"), Reach.BATCH),
        FaultKind(
            BATCH_BAN,
            Effect.NEVER,
            _banned,
            say("fault.seen.batch-ban"),
            Reach.BATCH,
        ),
    )
}

"""The gateway's protocol: signature, timestamp, envelope (docs/explanation/platform.md).

Pure: no network, no clock. The client and the sandbox share it, so they can disagree about what the platform does,
but not about how it is written.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from urllib.parse import quote

from sync.fields import HIGHEST_ID
from sync.item import SHOP_TIME

TIMESTAMP_FORMAT = "%Y-%m-%d %H:%M:%S"
_ERROR = "error_response"


SHORTEST_SECRET = 8
"""Characters. The platform's have 32; a shorter one, as in an example, may stand in items' texts by chance, and these
must be read as they are."""


class SignMethod(StrEnum):
    """How a call is signed; the words are the values of `sign_method`."""

    MD5 = "md5"
    HMAC = "hmac"
    HMAC_SHA256 = "hmac-sha256"


class Garbled(Exception):
    """An answer that can't be trusted, so that nobody knows what became of the call.

    Its reason is a few fixed words and never holds a piece of the answer, which may hold anything.
    """


def sign(params: Mapping[str, str], secret: str, method: SignMethod, body: str = "") -> str:
    """Return the signature of a call's text parameters: upper-case hex (docs/explanation/platform.md#one-call).

    `body` is the raw body of a batch request, empty for a single call (section 2).
    """
    # Byte order of UTF-8 is the order of code points, which is how Python sorts text.
    pairs = sorted((name, value) for name, value in params.items() if name and value and name != "sign")
    text = ("".join(name + value for name, value in pairs) + body).encode()
    key = secret.encode()
    match method:
        case SignMethod.MD5:
            # The platform's choice, not ours: it proves who calls, to a server that knows the same secret.
            return hashlib.md5(key + text + key, usedforsecurity=False).hexdigest().upper()
        case SignMethod.HMAC:
            return hmac.new(key, text, "md5").hexdigest().upper()
        case SignMethod.HMAC_SHA256:
            return hmac.new(key, text, "sha256").hexdigest().upper()


def without(secrets: Iterable[str], body: bytes) -> bytes:
    """Return a text without `secrets`, however it spells them: as they are, as in an address, or as in JSON."""
    for secret in secrets:
        if len(secret) >= SHORTEST_SECRET:
            for spelt in (secret, quote(secret, safe=""), secret.replace("/", r"\/")):
                body = body.replace(spelt.encode(), b"***")
    return body


def timestamp(moment: datetime) -> str:
    """Write `moment` as the `timestamp` parameter, in GMT+8; raises ValueError for a moment without a time zone."""
    if moment.tzinfo is None:
        raise ValueError("a moment without a time zone is a different moment on every machine")
    return moment.astimezone(SHOP_TIME).strftime(TIMESTAMP_FORMAT)


def envelope_name(method: str) -> str:
    """Name the success envelope of a method: `taobao.open.item.get` → `open_item_get_response`."""
    return method.removeprefix("taobao.").replace(".", "_") + "_response"


def _envelope_names(method: str) -> tuple[str, str]:
    """The method's own, and the one that the platform's other half gives it (docs/explanation/platform.md#errors)."""
    name = envelope_name(method)
    return name, f"{name.removesuffix('_response')}_tmall_response"


@dataclass(frozen=True, slots=True)
class Success:
    """The platform took the call. Its answer may still say no: see `success`."""

    fields: Mapping[str, object]
    """The answer's fields, whether they stood directly in the envelope or in a further `result`."""
    request_id: str | None = None

    @property
    def success(self) -> bool | None:
        """The field `success`; None where the method has none. Raises Garbled for what is no yes or no."""
        said = self.fields.get("success")
        if said is None or isinstance(said, bool):
            return said
        if said in ("true", "false"):
            return said == "true"
        raise Garbled("success is neither true nor false")

    def id(self, name: str) -> str | None:
        """Return an id field as text, be it sent as a number or as text; None if absent.

        Raises Garbled for what can be no id, such as 0.
        """
        value = self.fields.get(name)
        if value is None:
            return None
        text = str(value) if isinstance(value, int) else value
        if not isinstance(text, str) or not re.fullmatch(r"[0-9]{1,19}", text):
            raise Garbled("an id is not a number")
        if not 0 < int(text) <= HIGHEST_ID:
            raise Garbled("no such id is possible")
        return str(int(text))


@dataclass(frozen=True)
class Failure:
    """An `error_response`: the call was refused, or the service behind the gateway failed."""

    code: int
    message: str
    sub_code: str | None = None
    sub_message: str | None = None
    request_id: str | None = None


def parse(body: bytes, method: str | None = None) -> Success | Failure:
    """Read an answer's body. Raises Garbled for everything that can't be trusted, and nothing else.

    `method`: what was called, so that the answer to another call of a batch isn't taken for this one's.
    """
    document = read_json(body)
    envelopes = [name for name in document if name.endswith("_response")]
    if len(envelopes) != 1:
        raise Garbled("not one envelope")
    if method is not None and envelopes[0] not in (*_envelope_names(method), _ERROR):
        raise Garbled("the answer to another call")
    content = document[envelopes[0]]
    if not isinstance(content, dict):
        raise Garbled("the envelope is no object")
    return _failure(content) if envelopes == [_ERROR] else _success(content)


def read_json(text: bytes | str) -> dict[str, object]:
    """Read a JSON object leniently, its fractions as Decimal; raises Garbled for everything else.

    The platform lets raw control characters into strings (docs/explanation/platform.md#one-call).
    """
    try:
        plain = text.decode("utf-8-sig") if isinstance(text, bytes) else text
        if not plain.strip():
            raise Garbled("empty")
        if plain.lstrip().startswith("<"):
            raise Garbled("a page, not an answer")
        # No database takes NUL, so nothing beyond this point has one.
        document = _DECODER.decode(_NUL.sub("\\1\ufffd", plain) if "\0" in plain or "\\u0000" in plain else plain)
        if _MAYBE_HALF.search(plain):
            # Half an emoji (a text cut in the middle) is no text: it could be neither stored nor shown.
            json.dumps(document, ensure_ascii=False, default=str).encode()
    except (ValueError, ArithmeticError, RecursionError) as error:
        raise Garbled("not JSON") from error
    if not isinstance(document, dict):
        raise Garbled("no JSON object")
    return document


def _no_number(name: str) -> float:
    raise ValueError(name)


_DECODER = json.JSONDecoder(strict=False, parse_float=Decimal, parse_constant=_no_number)
_NUL = re.compile(r"(?<!\\)((?:\\\\)*)\\u0000|\0")
_MAYBE_HALF = re.compile(r"\\u[dD][89a-fA-F]")
"""Only an escape can write half of a character into a text that is UTF-8."""


def _success(content: dict[str, object]) -> Success:
    wrapped = content.get("result")
    if not isinstance(wrapped, dict):
        return Success(content, _request_id(content))
    direct = {name: value for name, value in content.items() if name != "result"}
    if any(wrapped[name] != value for name, value in direct.items() if name in wrapped):
        raise Garbled("the answer says two different things")
    return Success(direct | wrapped, _request_id(direct | wrapped))


def _failure(content: dict[str, object]) -> Failure:
    code = content.get("code")
    if isinstance(code, bool) or not re.fullmatch(r"-?[0-9]{1,9}", str(code)):
        raise Garbled("the error has no code")
    return Failure(
        int(str(code)),
        _text(content, "msg") or "",
        _text(content, "sub_code"),
        _text(content, "sub_msg"),
        _request_id(content),
    )


def _text(content: Mapping[str, object], name: str) -> str | None:
    value = content.get(name)
    if isinstance(value, int) and not isinstance(value, bool):
        # A `sub_code` can be a number (docs/explanation/platform.md#errors).
        return str(value)
    if value is not None and not isinstance(value, str):
        raise Garbled("the error's words are no text")
    return value


def _request_id(content: Mapping[str, object]) -> str | None:
    """It is only ever shown to a person who asks the platform's support, so a strange one spoils nothing."""
    value = content.get("request_id")
    return None if value is None else str(value)

"""A client of the batch route, written from docs/explanation/platform.md#batches and nothing else."""

import hashlib
import hmac
from collections.abc import Iterable, Mapping
from urllib.parse import urlencode

import requests

from sync.sandbox.server import Sandbox
from tests.sandbox.caller import ITEM, PATIENT, outcome, query, read

SEPARATOR = "\r\n-S-\r\n"


def segment(method: str, **business: object) -> str:
    """One call of a batch."""
    return urlencode({"method": ITEM + method, **business})


def post_batch(
    sandbox: Sandbox,
    *segments: str,
    separator: str = SEPARATOR,
    timeout: float = PATIENT,
    **more: str | None,
) -> requests.Response:
    """Sign and send a batch; `more` goes over the query's parameters."""
    body = separator.join(segments)
    params = query(**more)
    headers: dict[str, str | bytes] = {"Content-Type": "text/plain;charset=utf-8"}
    if separator != SEPARATOR:
        headers["top-api-separator"] = separator.encode()
    signed = {"sign": signature(params, body), **params}
    address = sandbox.gateway.replace("/rest", "/batch")
    return requests.post(address, params=signed, data=body.encode(), headers=headers, timeout=timeout)


def signature(params: Mapping[str, str], body: str, secret: str = Sandbox.app_secret) -> str:
    """The signature as the protocol tells it, by the parameters' own `sign_method`."""
    text = "".join(name + value for name, value in sorted(params.items()) if value) + body
    match params["sign_method"]:
        case "md5":
            return hashlib.md5((secret + text + secret).encode()).hexdigest().upper()
        case "hmac":
            return hmac.new(secret.encode(), text.encode(), "md5").hexdigest().upper()
    return hmac.new(secret.encode(), text.encode(), "sha256").hexdigest().upper()


def seen_batch(sandbox: Sandbox, *segments: str, timeout: float = PATIENT, **more: str | None) -> list[str] | str:
    """What the client of a batch sees, in a word a segment; or in one word, if there is no answer to take apart."""
    told = outcome(lambda: post_batch(sandbox, *segments, separator=SEPARATOR, timeout=timeout, **more))
    return told if isinstance(told, str) else words(told.content)


def words(body: bytes, separator: str = SEPARATOR) -> list[str]:
    """Each answer in a word."""
    return [read(part) for part in body.split(separator.encode())]


def adding(item_ids: Iterable[int], num: int = 2) -> list[str]:
    """A call for each item that adds to its stock."""
    return [segment("inventory.incr", item_id=item_id, num=num) for item_id in item_ids]

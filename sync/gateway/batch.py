"""Up to twenty calls in one request (docs/explanation/platform.md#batches). Pure: text in, text out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

from sync.gateway.protocol import Garbled

MAX_CALLS = 20
"""Calls in one request; assumed by docs/explanation/platform.md#batches."""
SEPARATOR = "\r\n-S-\r\n"
PUBLIC = "#PUBLIC#"
NOTHING = "N"
"""A call without parameters of its own."""
CONTENT_TYPE = "text/plain;charset=utf-8"


def address(gateway: str) -> str:
    """Return where batches go: beside the gateway's single calls."""
    return gateway.removesuffix("/rest") + "/batch"


def compose(calls: Sequence[tuple[str, Mapping[str, str]]]) -> str:
    """Write the body of a request with these calls, each a method and its business parameters.

    What stands between separators is urlencoded, so no text of an item's can be taken for one.
    """
    methods = {method for method, _ in calls}
    if len(methods) == 1:
        segments = [PUBLIC + urlencode({"method": methods.pop()})]
        segments += [urlencode(params) or NOTHING for _, params in calls]
    else:
        segments = [urlencode({"method": method, **params}) for method, params in calls]
    return SEPARATOR.join(segments)


def split(body: bytes, calls: int) -> list[bytes]:
    """Cut an answer into those of its `calls`, in their order.

    Raises Garbled if it doesn't hold just so many: then nobody knows which answer is whose.
    """
    answers = body.split(SEPARATOR.encode())
    if len(answers) != calls:
        raise Garbled("not one answer a call")
    return answers

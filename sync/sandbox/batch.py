"""A batch as it stands in the body of its request (docs/explanation/platform.md#batches).

Deliberately no user of what our own client writes batches with, so that a mistake there finds no mirror image here.
"""

from __future__ import annotations

from collections.abc import Mapping

from sync.sandbox.forms import pairs
from sync.sandbox.gate import Rejected

SEPARATOR = "\r\n-S-\r\n"
SEPARATOR_HEADER = "top-api-separator"
"""The request's header that names another."""
PUBLIC = "#PUBLIC#"
NOTHING_OF_ITS_OWN = "N"
MOST_CALLS = 20


def read(body: str, separator: str, query: Mapping[str, str]) -> list[dict[str, str]]:
    """Return each call's parameters: its own over the body's public ones over the query's.

    Raises UnicodeDecodeError, and Rejected for no call and for more than 20. *Assumed:* the codes, 40 and 41.
    """
    segments = body.split(separator)
    public = dict(query)
    if segments[0].startswith(PUBLIC):
        public |= pairs(segments.pop(0).removeprefix(PUBLIC))
    if not segments:
        raise Rejected(40, "Missing required arguments:batch", sub_message="a batch without a call")
    if len(segments) > MOST_CALLS:
        raise Rejected(41, "Invalid arguments:batch", sub_message=f"a batch has {MOST_CALLS} calls at most")
    return [public if segment == NOTHING_OF_ITS_OWN else public | pairs(segment) for segment in segments]

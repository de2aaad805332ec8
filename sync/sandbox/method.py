"""What a method of the platform's API is to the sandbox, and how its parameters are read."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sync.sandbox import document as doc
from sync.sandbox.gate import Rejected
from sync.sandbox.shop import OpenItemShop

Params = Mapping[str, str]
Fields = Mapping[str, object]


@dataclass(frozen=True)
class Method:
    """One method of the platform's API."""

    handle: Callable[[OpenItemShop, Params], Fields]
    """Carries the call out and returns the answer's own fields; raises Refused, or Rejected for a bad argument."""
    required: tuple[str, ...] = ()
    """Business parameters without which the call is answered with code 40."""
    writes: bool = True
    says_success: bool = True
    """Whether its answer has the field `success`, as open items' have and shop items' haven't."""
    needs_session: bool = True
    """Whether it is called for a seller."""


def number(params: Params, name: str) -> int:
    """Read a whole number of 64 bits; raises Rejected (code 41) for anything else."""
    text = params[name]
    if not re.fullmatch(r"-?[0-9]{1,19}", text) or abs(int(text)) > doc.HIGHEST_ID:
        raise Rejected(41, f"Invalid arguments:{name}")
    return int(text)

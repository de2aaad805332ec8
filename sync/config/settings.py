"""The keys of a profile in the settings file, and how the value of each is read."""

from __future__ import annotations

import re
from collections.abc import Mapping

from sync.config.profile import APPROVALS, CHANNELS
from sync.config.values import Number, Reader, bad, flag, inside, list_of, one_of, table, table_of, text
from sync.limits import Limits, ListingLimits, RateLimit
from sync.messages import LANGUAGES

SIGN_METHODS = ("md5", "hmac", "hmac-sha256")
"""docs/explanation/platform.md#one-call."""
_METHOD = r"(taobao|alibaba)(\.[a-z]+)+"


def _limits(value: object) -> Mapping[str, RateLimit]:
    found = {}
    for method, limit in table(value).items():
        with inside(method):
            if not re.fullmatch(_METHOD, method):
                raise bad("method")
            found[method] = RateLimit(**table_of(_RATE)(limit))
    return found


def _fen(value: object) -> int:
    from sync.item import fen

    try:
        return fen(text(value))
    except ArithmeticError:
        raise bad("yuan") from None


def _guards(value: object) -> Limits:
    return Limits(**table_of(GUARDS)(value))


def _listing(value: object) -> ListingLimits:
    return ListingLimits(**table_of(LISTING)(value))


def _publish(value: object) -> object:
    from sync.config.publish import defaults

    return defaults(value)


def _columns(value: object) -> object:
    from sync.config.columns import mapping

    return mapping(value)


def _rules(value: object) -> object:
    from sync.config.rules import rule

    return list_of(rule)(value)


def _notify(value: object) -> object:
    from sync.config.notify import notify

    return notify(value)


def _freeze(value: object) -> object:
    from sync.config.freeze import freezes

    return freezes(value)


def _period(value: object) -> str:
    if not re.fullmatch(r"[1-9]\d{0,3}[hd]", text(value)):
        raise bad("period")
    return str(value)


def _zone(value: object) -> str:
    from zoneinfo import ZoneInfo

    name = text(value)
    try:
        ZoneInfo(name)
    except (OSError, ValueError, LookupError):
        raise bad("zone") from None
    return name


_RATE: Mapping[str, Reader] = {
    "calls_per_second": Number(0.001, 1_000_000),
    "calls_per_day": Number(1, 1_000_000_000, whole=True),
}
GUARDS: Mapping[str, Reader] = {
    "share": Number(above=0, most=1),
    "at_least": Number(1, whole=True),
    "deletions": Number(0, whole=True),
    "new_items": Number(0, whole=True),
    "price_floor": _fen,
    "price_drop": Number(0, 1),
    "price_rise": Number(1),
    "stock_rise": Number(1, whole=True),
    "stock_rise_units": Number(1, whole=True),
}
"""The keys of `[profiles.NAME.guards]`."""
LISTING: Mapping[str, Reader] = {
    "title_bytes": Number(1, whole=True),
    "code_bytes": Number(1, whole=True),
    "highest_price": _fen,
    "highest_count": Number(1, whole=True),
}
"""The keys of `[profiles.NAME.listing]`."""
SETTINGS: Mapping[str, Reader] = {
    "channel": one_of(CHANNELS),
    "gateway": text,
    "app_key": text,
    "app_secret": text,
    "session": text,
    "secrets": text,
    "keyring": flag,
    "redirect": text,
    "sign_method": one_of(SIGN_METHODS),
    **_RATE,
    "limits": _limits,
    "batch": Number(1, 20, whole=True),
    "connections": Number(1, 32, whole=True),
    "timeout": Number(above=0, most=600),
    "verify": flag,
    "settle": Number(0, 600),
    "full_every": _period,
    "patience": Number(0, 86_400),
    "state": text,
    "lang": one_of(LANGUAGES),
    "categories": list_of(list_of(text, 2)),
    "publish": _publish,
    "delete": flag,
    "messages": flag,
    "operate": flag,
    "listing": _listing,
    "columns": _columns,
    "guards": _guards,
    "timezone": _zone,
    "approval": one_of(APPROVALS),
    "rules": _rules,
    "notify": _notify,
    "freeze": _freeze,
}
"""The keys of `[profiles.NAME]`, in the order of `profile show`."""

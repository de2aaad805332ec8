"""A shop's settings, as the fleet's table has them: what others may read as it is, and what is secret encrypted."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, time
from typing import Any

from sync.errors import Refusal
from sync.messages import say
from sync.service.context import Context

Settings = Mapping[str, Any]
"""As a profile of the settings file has them."""
_SECRET = ("app_secret", "session")
_NOTIFY, _URLS = "notify", "urls"
_NEEDED = ("gateway", "app_key")
_ELSEWHERE = ("secrets", "keyring", "state")
"""What says where something is kept: of a shop of a fleet, all is in the database."""


def check(name: str, settings: Settings) -> None:
    """Raise Refusal for a key or a value of a shop's settings that is wrong, or missing."""
    if key := next((key for key in _ELSEWHERE if key in settings), None):
        raise Refusal(say("fleet.elsewhere", key=key))
    profile = Context(name, settings=settings).profile
    if missing := next((key for key in _NEEDED if not getattr(profile, key)), None):
        raise Refusal(say("fleet.missing", key=missing))
    if set("@?") & set(profile.gateway):
        # There may be a password before the one, or behind the other, and waiting plans name their gateway.
        raise Refusal(say("fleet.gateway"))


def parted(settings: Settings) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what isn't secret of a shop's settings, and what is."""
    secret = {key: settings[key] for key in _SECRET if key in settings}
    open_ones = {key: value for key, value in settings.items() if key not in secret}
    notify = settings.get(_NOTIFY, {})
    if _URLS in notify:
        open_ones[_NOTIFY] = {key: value for key, value in notify.items() if key != _URLS}
        secret[_NOTIFY] = {_URLS: notify[_URLS]}
    return open_ones, secret


def whole(open_ones: Settings, secret: Settings) -> dict[str, Any]:
    """Return the settings that `parted` parted."""
    settings = {**open_ones, **secret}
    if _NOTIFY in secret:
        settings[_NOTIFY] = {**open_ones.get(_NOTIFY, {}), **secret[_NOTIFY]}
    return settings


def as_json(settings: Settings) -> str:
    """Write settings down. A moment becomes text, which its reader takes as well.

    Raises Refusal for a number that isn't finite.
    """
    try:
        return json.dumps(settings, ensure_ascii=False, allow_nan=False, default=_moment)
    except ValueError:
        raise Refusal(say("fleet.infinite")) from None


def _moment(value: object) -> str:
    if isinstance(value, date | time):
        return value.isoformat()
    raise TypeError(type(value).__name__)

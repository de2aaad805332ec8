"""What is set, and by whom."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from sync.config import DEFAULT, SECRETS, SETTINGS, NotifySettings, exposed, profiles, read_alone
from sync.item import yuan
from sync.limits import RateLimit
from sync.service.context import Context
from sync.service.shop_identity import shown_address
from sync.values import plain

__all__ = ["DEFAULT", "SECRETS", "Setting", "exposed", "profiles", "read_alone", "settings"]


class Setting(NamedTuple):
    """One setting as it holds now."""

    key: str
    value: object
    """Plain JSON; of a secret only `set` or `missing`."""
    source: str


def settings(context: Context) -> Iterator[Setting]:
    """Yield every setting of the profile in use; no secret is among them."""
    profile = context.profile
    yield Setting("profile", profile.profile, context.source("profile"))
    for name in SETTINGS:
        value = getattr(profile, name)
        match name:
            case "app_secret" | "session":
                yield _secret(context, name, value)
            case "gateway" | "state":
                yield Setting(name, shown_address(value) if value else value, context.source(name))
            case _ if name in _TABLES:
                yield from _table(context, name, _TABLES[name](value))
            case "categories":
                joined = ", ".join(">".join(pair) for pair in value)
                yield Setting(name, joined or None, context.source(name))
            case _:
                yield Setting(name, value, context.source(name))


def _table(context: Context, name: str, values: Mapping[str, object]) -> Iterator[Setting]:
    for key, value in values.items():
        yield Setting(f"{name}.{key}", value, context.source(f"{name}.{key}"))


def _secret(context: Context, name: str, value: str) -> Setting:
    if value:
        return Setting(name, "set", context.source(name))
    kept = context.secrets
    held = kept.read()
    there = held.app_secret if name == "app_secret" else held.token
    return Setting(name, "set", str(kept.place)) if there else Setting(name, "missing", context.source(name))


def _rule(said: Mapping[str, object]) -> str:
    """Write a rule in one line."""
    return ", ".join(
        f"{name} = {', '.join(value) if isinstance(value, tuple) else value}" for name, value in said.items()
    )


def _notify(value: NotifySettings) -> Mapping[str, object]:
    """Tell how many addresses there are, and none of them."""
    return {"urls": f"set ({len(value.urls)})" if value.urls else None, "on": ", ".join(value.on)}


def _limit(limit: RateLimit) -> str:
    """Write a method's limits in one line; the application's own are settings like others."""
    return ", ".join(f"{name} = {value}" for name, value in limit._asdict().items() if value is not None)


_TABLES: Mapping[str, Callable[[Any], Mapping[str, object]]] = {
    "guards": lambda value: {**value._asdict(), "price_floor": yuan(value.price_floor)},
    "listing": lambda value: {**value._asdict(), "highest_price": yuan(value.highest_price)},
    "limits": lambda value: {method: _limit(limit) for method, limit in value.items() if method},
    "publish": lambda value: {path: plain(path, value[path]) for path in value},
    "columns": dict,
    "rules": lambda value: {str(at): _rule(rule.said) for at, rule in enumerate(value)},
    "notify": _notify,
    "freeze": lambda value: {one.name: f"{one.start} - {one.end}" for one in value},
}
"""What to tell of settings that are tables, by their keys."""

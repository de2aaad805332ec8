"""Whom to tell, and of what: `[profiles.NAME.notify]` (docs/how-to/notify.md).

    urls = ["dingtalk://SECRET@TOKEN"]
    on = ["run", "guard"]

Without `on` it is everything. The addresses hold tokens: they are secrets.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sync.config.values import Reader, bad, list_of, one_of, table_of, text

KINDS = ("run", "guard", "authorization", "silent", "digest", "drift")
"""What people can be told of."""


@dataclass(frozen=True)
class NotifySettings:
    """Whom to tell, and of what."""

    urls: tuple[str, ...] = field(default=(), repr=False)
    """As Apprise writes them; they hold tokens."""
    on: tuple[str, ...] = KINDS


def notify(value: object) -> NotifySettings:
    """Read the table; raises BadValue for the first thing that is wrong."""
    return NotifySettings(**table_of(NOTIFY)(value))


def _url(value: object) -> str:
    url = text(value).strip()
    if "://" not in url:
        raise bad("notify_url")
    return url


NOTIFY: Mapping[str, Reader] = {"urls": list_of(_url), "on": list_of(one_of(KINDS))}
"""The keys of `[profiles.NAME.notify]`."""

"""The shops of a fleet, as its table has them: what others may read as it is, and what is secret encrypted."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, time
from typing import Any

from sqlalchemy import Connection, Engine, delete, func, select, text, update
from sqlalchemy.dialects.postgresql import insert

from sync.errors import Refusal
from sync.fleet.keys import Keys
from sync.messages import say
from sync.state.fleet_tables import FLEET_SHOPS

_SECRET = ("app_secret", "session")
_NOTIFY, _URLS = "notify", "urls"
_ELSEWHERE = ("secrets", "keyring", "state")
"""What says where something is kept: of a shop of a fleet, all is in the database."""
_TURN = 0x6974656D666C6565
"""The number of the PostgreSQL lock under which keys and shops are changed: "itemflee"."""

Settings = Mapping[str, Any]


def parted(settings: Settings) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what isn't secret of a shop's settings, and what is."""
    open_ones, secret = dict(settings), {key: settings[key] for key in _SECRET if key in settings}
    if "@" in str(settings.get("gateway", "")):
        # There may be a password before it.
        secret["gateway"] = settings["gateway"]
    if isinstance(notify := settings.get(_NOTIFY), Mapping) and _URLS in notify:
        open_ones[_NOTIFY] = {key: value for key, value in notify.items() if key != _URLS}
        secret[_URLS] = notify[_URLS]
    return {key: value for key, value in open_ones.items() if key not in secret}, secret


def whole(open_ones: Settings, secret: Settings) -> dict[str, Any]:
    """Return the settings that `parted` parted."""
    settings = {**open_ones, **{key: value for key, value in secret.items() if key != _URLS}}
    if _URLS in secret:
        settings[_NOTIFY] = {**settings.get(_NOTIFY, {}), _URLS: secret[_URLS]}
    return settings


def refuse_elsewhere(settings: Settings) -> None:
    """Raise Refusal for settings that say where secrets or state are to be kept."""
    if key := next((key for key in _ELSEWHERE if key in settings), None):
        raise Refusal(say("fleet.elsewhere", key=key))


def as_json(settings: Settings) -> str:
    """Write settings down. A moment becomes text, which their reader takes as well."""
    try:
        return json.dumps(settings, ensure_ascii=False, allow_nan=False, default=_moment)
    except ValueError:
        raise Refusal(say("fleet.infinite")) from None


def _moment(value: object) -> str:
    if isinstance(value, date | time):
        return value.isoformat()
    raise TypeError(type(value).__name__)


class FleetShops:
    """The table of shops. Safe for many threads and processes."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def names(self) -> tuple[str, ...]:
        """Return the names of all shops, in their order."""
        with self._engine.connect() as connection:
            return tuple(connection.execute(select(FLEET_SHOPS.c.shop).order_by(FLEET_SHOPS.c.shop)).scalars())

    def settings(self, name: str, keys: Keys) -> dict[str, Any]:
        """Return a shop's settings with its secrets. Raises Refusal where there is no such shop, or no key fits."""
        with self._engine.connect() as connection:
            row = connection.execute(select(FLEET_SHOPS).where(FLEET_SHOPS.c.shop == name)).first()
        if row is None:
            raise Refusal(say("fleet.no_shop", name=name))
        return whole(json.loads(row.settings), json.loads(keys.decrypt(row.secrets)))

    def open_settings(self, name: str) -> dict[str, Any]:
        """Return a shop's settings without its secrets. Raises Refusal where there is no such shop."""
        with self._engine.connect() as connection:
            row = connection.execute(select(FLEET_SHOPS.c.settings).where(FLEET_SHOPS.c.shop == name)).first()
        if row is None:
            raise Refusal(say("fleet.no_shop", name=name))
        settings: dict[str, Any] = json.loads(row.settings)
        return settings

    def put(self, connection: Connection, name: str, settings: Settings, by: str, keys: Keys) -> None:
        """Add a shop, or replace the settings of one; what its logins gave stays. Within `changing`."""
        like = self.any_secret(connection)
        open_ones, secret = parted(settings)
        sealed = keys.encrypt(as_json(secret).encode(), like=like)
        row = {"settings": as_json(open_ones), "secrets": sealed, "by": by, "at": func.clock_timestamp()}
        added = insert(FLEET_SHOPS).values(shop=name, **row)
        connection.execute(added.on_conflict_do_update(index_elements=["shop"], set_=row))

    def any_secret(self, connection: Connection) -> bytes | None:
        """Return something that is encrypted with the key in use; None: there is no shop yet."""
        return connection.execute(select(FLEET_SHOPS.c.secrets).limit(1)).scalar()

    def encrypt_anew(self, connection: Connection, keys: Keys) -> int:
        """Encrypt everything with the newest key; returns how many shops there are. Within `changing`."""
        rows = connection.execute(select(FLEET_SHOPS).with_for_update()).all()
        for row in rows:
            secrets = keys.encrypt(keys.decrypt(row.secrets))
            token = keys.encrypt(keys.decrypt(row.token)) if row.token else None
            this = update(FLEET_SHOPS).where(FLEET_SHOPS.c.shop == row.shop)
            connection.execute(this.values(secrets=secrets, token=token))
        return len(rows)

    def take(self, connection: Connection, name: str) -> None:
        """Take a shop out of the table. Raises Refusal where it isn't there."""
        if not connection.execute(delete(FLEET_SHOPS).where(FLEET_SHOPS.c.shop == name)).rowcount:
            raise Refusal(say("fleet.no_shop", name=name))


def changing(connection: Connection) -> None:
    """Let one process at a time change shops and keys, to the end of this transaction."""
    connection.execute(text(f"SELECT pg_advisory_xact_lock({_TURN})"))

"""The shops of a fleet: one row each, with settings, secrets, and what logins gave."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Row, delete, func, select, text, update
from sqlalchemy.dialects.postgresql import insert

from sync.errors import Refusal
from sync.fleet.keys import Keys
from sync.fleet.settings import Settings, as_json, parted, whole
from sync.gateway.secret_store import Secrets
from sync.json_forms import JsonForm
from sync.messages import say
from sync.service.authorization_terms import TERMS_JSON, AuthorizationTerms
from sync.service.context import Context
from sync.service.credentials import owner_of
from sync.state.fleet_tables import FLEET_SHOPS

_LOGINS: JsonForm[dict[str, Secrets]] = JsonForm(dict[str, Secrets])
_TURN = 0x6974656D666C6565
"""The number of the PostgreSQL lock under which shops and keys are changed: "itemflee"."""


def changing(connection: Connection) -> None:
    """Let one process at a time change shops and keys, to the end of this transaction."""
    connection.execute(text(f"SELECT pg_advisory_xact_lock({_TURN})"))


def names(connection: Connection) -> tuple[str, ...]:
    """Return the names of all shops, in their order."""
    return tuple(connection.execute(select(FLEET_SHOPS.c.shop).order_by(FLEET_SHOPS.c.shop)).scalars())


def has(connection: Connection, name: str) -> bool:
    """Whether there is a shop of that name."""
    return connection.execute(select(FLEET_SHOPS.c.shop).where(FLEET_SHOPS.c.shop == name)).first() is not None


def hold(connection: Connection, name: str) -> None:
    """Keep a shop from being removed, to the end of this transaction. Raises Refusal where it isn't there."""
    this = select(FLEET_SHOPS.c.shop).where(FLEET_SHOPS.c.shop == name)
    if connection.execute(this.with_for_update(read=True, key_share=True)).first() is None:
        raise Refusal(say("fleet.no_shop", name=name))


def read(connection: Connection, name: str) -> Row[Any]:
    """Return a shop's row. Raises Refusal where it isn't there."""
    row = connection.execute(select(FLEET_SHOPS).where(FLEET_SHOPS.c.shop == name)).first()
    if row is None:
        raise Refusal(say("fleet.no_shop", name=name))
    return row


def open_settings(row: Row[Any]) -> dict[str, Any]:
    """Return the settings of a row without its secrets; this needs no key."""
    found: dict[str, Any] = json.loads(row.settings)
    return found


def remembered_as(name: str, settings: Mapping[str, Any]) -> str:
    """Return how the state calls a shop: each of its channels has runs of its own."""
    of_channel = {key: settings[key] for key in ("channel",) if key in settings}
    return Context(name, settings=of_channel).profile.remembered_as


def settings(row: Row[Any], keys: Keys) -> dict[str, Any]:
    """Return the settings of a row with its secrets. Raises Refusal where no key fits."""
    return whole(open_settings(row), json.loads(keys.decrypt(row.secrets)))


def logins(row: Row[Any], keys: Keys) -> dict[str, Secrets]:
    """Return what logins gave, by its owner (`secret_store.py`). Raises Refusal where no key fits."""
    return _LOGINS.validate_json(keys.decrypt(row.token)) if row.token else {}


def any_secret(connection: Connection) -> bytes | None:
    """Return something that is encrypted with the key in use; None: there is no shop yet."""
    found: bytes | None = connection.execute(select(FLEET_SHOPS.c.secrets).limit(1)).scalar()
    return found


def put(connection: Connection, name: str, new: Settings, by: str, keys: Keys) -> None:
    """Add a shop, or replace the settings of one; what its logins gave stays. Within `changing`."""
    was = connection.execute(select(FLEET_SHOPS).where(FLEET_SHOPS.c.shop == name).with_for_update()).first()
    open_ones, secret = parted(new)
    row = {
        "settings": as_json(open_ones),
        "secrets": keys.encrypt(as_json(secret).encode(), like=any_secret(connection)),
        "authorization": _terms(name, new, logins(was, keys) if was else {}),
        "by": by,
        "at": func.clock_timestamp(),
    }
    added = insert(FLEET_SHOPS).values(shop=name, **row)
    connection.execute(added.on_conflict_do_update(index_elements=["shop"], set_=row))


def put_login(connection: Connection, row: Row[Any], owner: str, given: Secrets, keys: Keys) -> None:
    """Keep what a login gave to an owner, in the place of what it had; empty secrets leave nothing."""
    others = {one: kept for one, kept in logins(row, keys).items() if one != owner}
    now = {**others, owner: given} if given != Secrets() else others
    token = keys.encrypt(_LOGINS.dump_json(now), like=row.secrets) if now else None
    known = {"token": token, "authorization": _terms(row.shop, settings(row, keys), now)}
    connection.execute(update(FLEET_SHOPS).where(FLEET_SHOPS.c.shop == row.shop).values(known))


def encrypt_anew(connection: Connection, keys: Keys) -> int:
    """Encrypt everything with the newest key; returns how many shops there are. Within `changing`."""
    rows = connection.execute(select(FLEET_SHOPS).with_for_update()).all()
    for row in rows:
        secrets = keys.encrypt(keys.decrypt(row.secrets))
        token = keys.encrypt(keys.decrypt(row.token)) if row.token else None
        this = update(FLEET_SHOPS).where(FLEET_SHOPS.c.shop == row.shop)
        connection.execute(this.values(secrets=secrets, token=token))
    return len(rows)


def take(connection: Connection, name: str) -> None:
    """Take a shop out of the table."""
    connection.execute(delete(FLEET_SHOPS).where(FLEET_SHOPS.c.shop == name))


def _terms(name: str, settings: Settings, logins: dict[str, Secrets]) -> str:
    """Return how long the authorization holds that a shop's settings lead to: without a secret, for the overview."""
    profile = Context(name, settings=settings).profile
    kept = logins.get(owner_of(profile), Secrets())
    return TERMS_JSON.dump_json(AuthorizationTerms.of(profile.session, kept.token)).decode()

"""A login's secrets in the database: who holds them may be cut off, and then writes nothing."""

from __future__ import annotations

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import InternalError

from sync.errors import StateDown
from sync.fleet.fleet import Fleet
from sync.fleet.vault import DatabaseSecrets
from sync.gateway.secret_store import Secrets
from sync.state.database_errors import trouble
from tests.fleet.florist import SHOP, fleet, florist, keys, no_waiting, platform, sandbox

__all__ = ["fleet", "florist", "keys", "no_waiting", "platform", "sandbox"]

OWNER = "florist:1@eco.taobao.com"


def test_a_holder_that_the_database_cuts_off_writes_nothing_and_is_told(florist: Fleet) -> None:
    kept, others = (DatabaseSecrets(florist.engine, florist.keys, SHOP, OWNER) for _ in range(2))
    with pytest.raises(StateDown) as caught, kept.locked():
        kept.write(Secrets("early"))
        cut_off(florist)
        others.write(Secrets("others"))
        kept.write(Secrets("late"))
    assert caught.value.message.code == "state.unreachable"
    assert (kept.read(), others.read()) == (Secrets("others"), Secrets("others"))


def cut_off(fleet: Fleet) -> None:
    """End the connection of whoever holds the florist's secrets, as the database does with one that sleeps."""
    holding = "SELECT DISTINCT pid FROM pg_locks WHERE relation = 'fleet_shops'::regclass AND pid <> pg_backend_pid()"
    with fleet.engine.begin() as connection:
        ended = connection.execute(text(f"SELECT pg_terminate_backend(pid, 5000) FROM ({holding}) AS holder"))
        assert {*ended.scalars()} == {True}


def test_one_that_sleeps_is_cut_off_in_words() -> None:
    slept = psycopg.errors.IdleInTransactionSessionTimeout("terminating connection")
    told = trouble(InternalError("COMMIT", None, slept))
    assert told is not None and told.code == "state.unreachable"

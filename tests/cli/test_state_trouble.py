"""Trouble with the state is told in words, with what to do next."""

from __future__ import annotations

import pytest
from filelock import FileLock
from sqlalchemy.exc import DatabaseError, OperationalError

from sync.state.store import Store
from tests.cli.conftest import Command

TROUBLES = [
    (OperationalError("", None, Exception("database is locked")), "state.busy"),
    (DatabaseError("", None, Exception("database disk image is malformed")), "state.damaged"),
    (OperationalError("", None, Exception("database or disk is full")), "state.unwritable"),
    (OperationalError("", None, Exception("attempt to write a readonly database")), "state.unwritable"),
]


@pytest.mark.parametrize(("trouble", "code"), TROUBLES)
def test_what_the_database_says(
    itemsync: Command, monkeypatch: pytest.MonkeyPatch, trouble: DatabaseError, code: str
) -> None:
    def runs(_: Store) -> None:
        raise trouble

    monkeypatch.setattr(Store, "runs", runs)
    ran = itemsync("history", "--json")
    assert (ran.code, ran.error) == (5, code)


def test_a_lock_file_of_another_user(itemsync: Command, synced: object, monkeypatch: pytest.MonkeyPatch) -> None:
    def acquire(*_: object, **__: object) -> None:
        raise PermissionError(13, "not yours")

    monkeypatch.setattr(FileLock, "acquire", acquire)
    ran = itemsync("apply", synced, "--yes", "--json")
    assert (ran.code, ran.error) == (5, "state.no_lock")

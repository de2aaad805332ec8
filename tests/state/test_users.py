"""The people of the page, in the state: one list for all profiles."""

from __future__ import annotations

from datetime import UTC, datetime

from sync.state.store import Store
from sync.state.users import User, add_user, change_user, remove_user, user, users

AT = datetime(2026, 11, 21, 1, 30, tzinfo=UTC)
LIN = User("lin", "Lin", "editor", "$argon2id$1", AT)
WANG = User("老王", "老王", "approver", "$argon2id$2", AT)


def test_what_goes_in_comes_out(store: Store) -> None:
    assert users(store) == []
    assert add_user(store, WANG)
    assert add_user(store, LIN)
    assert users(store) == [LIN, WANG]
    assert user(store, "老王") == WANG
    assert user(store, "nobody") is None


def test_a_name_is_there_once(store: Store) -> None:
    add_user(store, LIN)
    assert not add_user(store, User("lin", "LIN", "approver", "$argon2id$3", AT))
    assert users(store) == [LIN]


def test_one_is_changed_and_removed_alone(store: Store) -> None:
    add_user(store, LIN)
    add_user(store, WANG)
    assert change_user(store, "lin", role="viewer", password="$argon2id$4")
    assert user(store, "lin") == User("lin", "Lin", "viewer", "$argon2id$4", AT)
    assert remove_user(store, "lin")
    assert users(store) == [WANG]
    assert not remove_user(store, "lin")
    assert not change_user(store, "lin", role="approver")


def test_all_profiles_have_the_same_people(store: Store, place: str) -> None:
    add_user(store, LIN)
    other = Store(place, "other shop")
    assert users(other) == [LIN]
    other.close()

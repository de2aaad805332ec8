"""Accounts, roles, and who may approve."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import pytest

from sync.errors import Refusal
from sync.service.context import Context
from sync.service.people import Accounts, Person, check_approval, key_of, signed

PASSWORD = "correct horse 电池"


@pytest.fixture
def context(folder: Path) -> Iterator[Context]:
    opened = Context()
    yield opened
    opened.close()


@pytest.fixture
def accounts(quick_hashing: None, context: Context) -> Accounts:
    return Accounts(context)


def refused(code: str) -> AbstractContextManager[object]:
    return pytest.raises(Refusal, match=f"^{code}$")


def test_a_person_logs_in_with_their_password(accounts: Accounts) -> None:
    accounts.add("小林", "editor", PASSWORD)
    found = accounts.check("小林", PASSWORD)
    assert found
    assert found.person == Person("小林", "editor")
    assert accounts.check("小林", PASSWORD + "!") is None
    assert accounts.check("小林", "") is None
    assert accounts.check("nobody", PASSWORD) is None
    assert accounts.check("nobody", "nobody") is None


def test_case_and_width_and_spaces_around_do_not_matter(accounts: Accounts) -> None:
    accounts.add(" Lin ", "viewer", f" {PASSWORD} ")
    assert [one.name for one in accounts.people()] == ["Lin"]
    assert accounts.check("ｌＩＮ", "ｃorrect horse 电池")
    with refused("people.taken"):
        accounts.add("LIN", "viewer", PASSWORD)


def test_only_a_hash_that_costs_time_is_kept(context: Context) -> None:
    accounts = Accounts(context)
    accounts.add("小林", "editor", PASSWORD)
    (user,) = accounts.all()
    # What pwdlib recommends: 64 MB, three times over.
    assert user.password.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert accounts.check("小林", PASSWORD)
    assert not accounts.check("小林", f"{PASSWORD}!")
    assert PASSWORD not in repr(user)
    assert user.password not in repr(user)


def test_a_changed_password_has_another_mark_and_a_changed_role_has_not(accounts: Accounts) -> None:
    accounts.add("小林", "editor", PASSWORD)
    first = accounts.require("小林")
    accounts.set_role("小林", "approver")
    second = accounts.require("小林")
    assert (second.mark, second.person.role) == (first.mark, "approver")
    accounts.set_password("小林", PASSWORD)
    assert accounts.require("小林").mark != first.mark, "even if it is the same one"
    assert accounts.check("小林", PASSWORD)


def test_one_who_was_removed_and_made_anew_is_another(accounts: Accounts) -> None:
    accounts.add("小林", "editor", PASSWORD)
    first = accounts.require("小林")
    accounts.remove("小林")
    assert accounts.account("小林") is None
    accounts.add("小林", "editor", PASSWORD)
    assert accounts.require("小林").mark != first.mark


@pytest.mark.parametrize("name", ["", "  ", "a" * 41, "小\u202e林", "小\u200b林", "a\nb", "a → b", "\0"])
def test_a_name_can_be_seen(accounts: Accounts, name: str) -> None:
    with refused("people.name"):
        accounts.add(name, "editor", PASSWORD)


@pytest.mark.parametrize("password", ["", "short", " " * 20, "a" * 201])
def test_a_password_has_a_length(accounts: Accounts, password: str) -> None:
    with refused("people.password"):
        accounts.add("小林", "editor", password)
    assert accounts.all() == []


@pytest.mark.parametrize("role", ["", "admin", "Viewer"])
def test_a_role_is_one_of_three(accounts: Accounts, role: str) -> None:
    with refused("people.role"):
        accounts.add("小林", role, PASSWORD)


def test_nobody_can_be_neither_changed_nor_removed(accounts: Accounts) -> None:
    for change in (
        lambda: accounts.set_role("小林", "viewer"),
        lambda: accounts.set_password("小林", PASSWORD),
        lambda: accounts.remove("小林"),
        lambda: accounts.require("小林"),
    ):
        with refused("people.nobody"):
            change()


@pytest.mark.parametrize(
    ("role", "rights"),
    [("viewer", ["view"]), ("editor", ["view", "edit"]), ("approver", ["view", "edit", "approve"])],
)
def test_each_role_may_do_what_the_one_before_may(role: str, rights: list[str]) -> None:
    person = Person("小林", role)  # type: ignore[arg-type]
    assert [right for right in ("view", "edit", "approve") if person.may(right)] == rights


@pytest.mark.parametrize(
    ("approval", "asked", "approver", "code"),
    [
        ("any", "小林", "小林", ""),
        ("other", "小林", "老王", ""),
        ("other", "Lin", "ＬＩＮ", "people.other"),
    ],
)
def test_who_may_approve(folder: Path, approval: str, asked: str, approver: str, code: str) -> None:
    context = Context(settings={"approval": approval})
    Accounts(context).add("老王", "approver", PASSWORD)
    with refused(code) if code else nullcontext():
        check_approval(context, [asked], approver)
    context.close()


def test_one_alone_is_told_how_two_can_be(folder: Path) -> None:
    context = Context(settings={"approval": "other"})
    with refused("people.alone"):
        check_approval(context, ["lin"], "lin")
    context.close()


@pytest.mark.parametrize(
    ("asked", "approved", "by"),
    [
        (["小林"], "老王", "小林 → 老王"),
        (["小林", "小周"], "老王", "小林, 小周 → 老王"),
        (["小林", "老王"], "老王", "小林 → 老王"),
        (["小林"], "小林", "小林"),
        ([""], "老王", "老王"),
        (["LIN"], "lin", "lin"),
    ],
)
def test_a_run_is_signed_by_both(asked: list[str], approved: str, by: str) -> None:
    assert signed(asked, approved) == by


def test_names_are_compared_as_people_read_them() -> None:
    assert key_of(" Ｌin ") == key_of("LIN") == "lin"

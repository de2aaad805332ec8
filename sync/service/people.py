"""The people of a page: their accounts, what each may do, and who may approve what."""

from __future__ import annotations

import getpass
import hashlib
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal, get_args
from unicodedata import normalize

from sync.errors import Refusal
from sync.messages import say
from sync.service.trouble import worded
from sync.unseen import unseen_in

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pwdlib import PasswordHash

    from sync.service.context import Context
    from sync.state.users import User

Role = Literal["viewer", "editor", "approver"]
ROLES: tuple[Role, ...] = get_args(Role)
"""A viewer looks; an editor uploads, plans, decides and stops, too; an approver approves, too."""
Right = Literal["view", "edit", "approve"]
_FROM: dict[Right, int] = {"view": 0, "edit": 1, "approve": 2}
"""The first of `ROLES` that has it."""
SHORTEST, LONGEST_PASSWORD, LONGEST_NAME = 10, 200, 40
"""Characters."""


@dataclass(frozen=True)
class Person:
    """Who asks for a page."""

    name: str
    role: Role

    def may(self, right: Right) -> bool:
        """Whether the role has a right."""
        return ROLES.index(self.role) >= _FROM[right]


@dataclass(frozen=True)
class Account:
    """A person who may log in."""

    person: Person
    mark: str
    """Changes with the password."""


class Accounts:
    """The accounts that a state keeps, for all of its profiles. Safe to use from several threads."""

    def __init__(self, context: Context) -> None:
        """Raise Refusal where the state can't be opened."""
        self._context = context
        self._store = context.store

    def make_ready(self) -> None:
        """Make what a name that nobody has is compared with, so that the first such name takes no longer."""
        self._hasher.verify("", self._nobodys)

    @worded
    def all(self) -> Sequence[User]:
        """Return the users, by name."""
        from sync.state.users import users

        return users(self._store)

    def people(self) -> Sequence[Person]:
        """Return who may log in, by name."""
        return [_account(user).person for user in self.all()]

    @worded
    def add(self, name: str, role: str, password: str) -> Person:
        """Make an account. Raises Refusal for a name that is taken or none, and for a password that is too short."""
        from sync.state.users import User, add_user

        shown = _sound_name(name)
        user = User(key_of(shown), shown, _sound_role(role), self._hash(password), self._context.clock.now())
        if not add_user(self._store, user):
            raise Refusal(say("people.taken", name=shown))
        return Person(shown, _sound_role(role))

    def check_new(self, name: str, role: str) -> None:
        """Raise Refusal for what `add` would refuse, before anybody is asked for a password."""
        _sound_role(role)
        if self.account(_sound_name(name)):
            raise Refusal(say("people.taken", name=name))

    def require(self, name: str) -> Account:
        """Return an account. Raises Refusal for nobody."""
        found = self.account(name)
        if found is None:
            raise Refusal(say("people.nobody", name=name))
        return found

    @worded
    def set_role(self, name: str, role: str) -> None:
        """Give a person another role, which holds from the next request on. Raises Refusal for nobody."""
        self._change(name, role=_sound_role(role))

    @worded
    def set_password(self, name: str, password: str) -> None:
        """Give a person another password, which ends their sessions. Raises Refusal for nobody."""
        self._change(name, password=self._hash(password))

    @worded
    def remove(self, name: str) -> None:
        """Remove an account, which ends its sessions. Raises Refusal for nobody."""
        from sync.state.users import remove_user

        if not remove_user(self._store, key_of(name)):
            raise Refusal(say("people.nobody", name=name))

    @worded
    def account(self, name: str) -> Account | None:
        """Return an account as it is now; None: there is none of that name."""
        from sync.state.users import user

        found = user(self._store, key_of(name))
        return _account(found) if found else None

    @worded
    def check(self, name: str, password: str) -> Account | None:
        """Return the account whose password this is; None: the name or the password is wrong.

        It takes as long for a name that nobody has.
        """
        from sync.state.users import user

        found = user(self._store, key_of(name))
        given = _as_typed(password)[: LONGEST_PASSWORD + 1]
        right = self._hasher.verify(given, found.password if found else self._nobodys)
        return _account(found) if found and right else None

    def _change(self, name: str, **values: str) -> None:
        from sync.state.users import change_user

        if not change_user(self._store, key_of(name), **values):
            raise Refusal(say("people.nobody", name=name))

    def _hash(self, password: str) -> str:
        given = _as_typed(password)
        if not SHORTEST <= len(given) <= LONGEST_PASSWORD:
            raise Refusal(say("people.password", shortest=SHORTEST, longest=LONGEST_PASSWORD))
        return self._hasher.hash(given)

    @cached_property
    def _hasher(self) -> PasswordHash:
        from pwdlib import PasswordHash

        return PasswordHash.recommended()

    @cached_property
    def _nobodys(self) -> str:
        """What the password of a name that nobody has is compared with."""
        return self._hasher.hash("nobody")


def _as_typed(password: str) -> str:
    """Return what is hashed: keyboards differ in the width of letters, and a space at an end is nobody's intent."""
    return normalize("NFKC", password).strip()


def key_of(name: str) -> str:
    """Return what makes a name the same name: case and width of its letters don't count."""
    return normalize("NFKC", name).strip().casefold()


def local_person() -> Person:
    """Return who sits at this machine, and may do everything."""
    try:
        name = getpass.getuser()
    except (OSError, KeyError, ImportError):
        name = ""
    return Person(name or "-", "approver")


def signed(asked: Sequence[str], approved: str) -> str:
    """Return a run's `by`: who approved it, after those who asked for it (names) where these are others."""
    others = [name for name in asked if name and key_of(name) != key_of(approved)]
    return f"{', '.join(others)} → {approved}" if others else approved


def needs_other(approval: str, asked: Sequence[str], person: Person | None) -> bool:
    """Whether somebody else has to approve what these submitted (names), by what the profile says of approvals."""
    return person is not None and approval == "other" and key_of(person.name) in map(key_of, asked)


def check_approval(context: Context, asked: Sequence[str], approver: str) -> None:
    """Raise Refusal where the profile wants another person to approve than those who `asked` (names)."""
    if context.profile.approval != "other" or key_of(approver) not in map(key_of, asked):
        return
    alone = not Accounts(context).all()
    raise Refusal(say("people.alone" if alone else "people.other", name=approver))


def _sound_name(name: str) -> str:
    shown = normalize("NFC", name).strip()
    if not 0 < len(shown) <= LONGEST_NAME or not shown.isprintable() or unseen_in(shown) or "→" in shown:
        raise Refusal(say("people.name", longest=LONGEST_NAME))
    return shown


def _sound_role(role: str) -> Role:
    for one in ROLES:
        if role == one:
            return one
    raise Refusal(say("people.role", roles=", ".join(ROLES)))


def _account(user: User) -> Account:
    mark = hashlib.sha256(user.password.encode()).hexdigest()
    return Account(Person(user.name, _sound_role(user.role)), mark)

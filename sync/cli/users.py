"""`itemsync user`: who may log in to the page. A password is never an argument, which others could see."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from sync.cli.app_context import AppContext
from sync.cli.asking import ask
from sync.cli.helping import App
from sync.cli.options import JsonOption
from sync.errors import Refusal
from sync.messages import Message, say

if TYPE_CHECKING:
    from sync.service.people import Accounts

USERS = App("user.")


def add_to(app: typer.Typer) -> None:
    """Add this file's commands."""
    app.add_typer(USERS, name="user")


NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="help.person", show_default=False)]
RoleOption = Annotated[str, typer.Option("--role", metavar="viewer|editor|approver", help="help.role")]


@USERS.command()
def add(context: typer.Context, name: NameArgument, role: RoleOption = "editor") -> None:
    """Make an account."""
    app: AppContext = context.obj
    accounts = _accounts(app)
    accounts.check_new(name, role)
    person = accounts.add(name, role, _password(app, name))
    app.say(say("people.added", name=person.name, role=_role(person.role)))


@USERS.command("list")
def list_users(context: typer.Context, json: JsonOption = False) -> None:
    """List who may log in."""
    app: AppContext = context.obj
    users = _accounts(app).all()
    if json:
        app.document({"users": [{"name": one.name, "role": one.role} for one in users]})
        return
    if not users:
        app.say(say("people.none"))
    for one in users:
        app.out.print(f"{one.name}  {_role(one.role).words(app.language)}", markup=False)


@USERS.command()
def role(
    context: typer.Context,
    name: NameArgument,
    role: Annotated[str, typer.Argument(metavar="viewer|editor|approver", help="help.role", show_default=False)],
) -> None:
    """Give somebody another role."""
    app: AppContext = context.obj
    _accounts(app).set_role(name, role)
    app.say(say("people.changed", name=name, role=_role(role)))


@USERS.command()
def password(context: typer.Context, name: NameArgument) -> None:
    """Give somebody another password."""
    app: AppContext = context.obj
    accounts = _accounts(app)
    accounts.require(name)
    accounts.set_password(name, _password(app, name))
    app.say(say("people.new_password", name=name))


@USERS.command()
def remove(context: typer.Context, name: NameArgument) -> None:
    """Remove an account."""
    app: AppContext = context.obj
    _accounts(app).remove(name)
    app.say(say("people.removed", name=name))


def _accounts(app: AppContext) -> Accounts:
    from sync.service.people import Accounts

    return Accounts(app.shop.context)


def _role(role: str) -> Message:
    return say(f"people.role.{role}")


def _password(app: AppContext, name: str) -> str:
    """Ask for a password twice, or read it from standard input where nobody can be asked."""
    if not app.interactive:
        return sys.stdin.readline().removesuffix("\n").removesuffix("\r") if sys.stdin else ""
    given = ask(app, say("people.ask_password", name=name), hidden=True)
    if ask(app, say("people.ask_again"), hidden=True) != given:
        raise Refusal(say("people.differ"))
    return given

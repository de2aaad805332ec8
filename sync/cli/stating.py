"""`itemsync state`: what is remembered, and of which shop."""

from __future__ import annotations

import typer

from sync.cli.asking import confirm
from sync.cli.carrying import YesOption
from sync.cli.desk import Desk
from sync.cli.helping import App
from sync.cli.options import JsonOption
from sync.messages import Refusal, say

STATE = App("state.")


def add_to(app: typer.Typer) -> None:
    """Add this file's commands."""
    app.add_typer(STATE, name="state")


@STATE.command()
def rebind(context: typer.Context, yes: YesOption = False, json: JsonOption = False) -> int:
    """Say that the settings lead to the same shop as before, by another way; nothing is called."""
    from sync.service.ownership import rebind as bind
    from sync.service.ownership import settings_shop, shop_document, to_rebind
    from sync.state.lock import only_one

    desk: Desk = context.obj
    desk.profile.require_gateway()
    with only_one(desk.store, desk.clock.now):
        told, question = to_rebind(desk)
        if not yes:
            if not desk.interactive:
                raise Refusal(say("cli.say_yes"))
            desk.tell(told)
            if not confirm(desk, question):
                desk.tell(say("cli.declined"))
                return 0
        bind(desk)
    desk.say(say("shop.rebound", profile=desk.profile.profile, now=settings_shop(desk)))
    if json:
        desk.document({"shop": shop_document(desk)})
    return 0

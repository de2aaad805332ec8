"""`itemsync state`: what is remembered, and of which shop."""

from __future__ import annotations

import typer

from sync.cli.app_context import AppContext
from sync.cli.asking import confirm
from sync.cli.execution import YesOption
from sync.cli.helping import App
from sync.cli.options import JsonOption
from sync.errors import Refusal
from sync.messages import say

STATE = App("state.")


def add_to(app: typer.Typer) -> None:
    """Add this file's commands."""
    app.add_typer(STATE, name="state")


@STATE.command()
def rebind(context: typer.Context, yes: YesOption = False, json: JsonOption = False) -> int:
    """Say that the settings lead to the same shop as before, by another way; nothing is called."""
    from sync.service.shop_identity import rebind as bind
    from sync.service.shop_identity import settings_shop, shop_document, to_rebind
    from sync.state.lock import only_one

    app: AppContext = context.obj
    app.profile.require_gateway()
    with only_one(app.store, app.clock.now):
        told, question = to_rebind(app)
        if not yes:
            if not app.interactive:
                raise Refusal(say("cli.say_yes"))
            app.tell(told)
            if not confirm(app, question):
                app.tell(say("cli.declined"))
                return 0
        bind(app)
    app.say(say("shop.rebound", profile=app.profile.profile, now=settings_shop(app)))
    if json:
        app.document({"shop": shop_document(app)})
    return 0

"""`itemsync state`: what is remembered, and of which shop."""

from __future__ import annotations

import typer

from sync.cli.app_context import AppContext
from sync.cli.asking import agreed
from sync.cli.helping import App
from sync.cli.options import JsonOption, YesOption
from sync.messages import say

STATE = App("state.")


def add_to(app: typer.Typer) -> None:
    """Add this file's commands."""
    app.add_typer(STATE, name="state")


@STATE.command()
def rebind(context: typer.Context, yes: YesOption = False, json: JsonOption = False) -> int:
    """Say that the settings lead to the same shop as before, by another way; nothing is called."""
    from sync.service.shop_identity import rebind as bind
    from sync.service.shop_identity import settings_shop, to_rebind

    app: AppContext = context.obj
    shop = app.shop.context
    shop.profile.require_gateway()
    if not yes:
        told, question = to_rebind(shop)
        if app.interactive:
            app.tell(told)
        if not agreed(app, question, yes=False):
            return 0
    with app.shop.alone():
        bind(shop)
    app.say(say("shop.rebound", profile=shop.profile.profile, now=settings_shop(shop)))
    if json:
        app.document(app.shop.document())
    return 0

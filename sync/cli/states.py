"""`itemsync state`: what is remembered, and of which shop."""

from __future__ import annotations

import re
from dataclasses import asdict
from datetime import timedelta
from typing import Annotated

import typer

from sync.cli.app_context import AppContext
from sync.cli.asking import agreed
from sync.cli.helping import App
from sync.cli.options import JsonOption, YesOption
from sync.cli.usage import wrong
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


@STATE.command()
def info(context: typer.Context, json: JsonOption = False) -> int:
    """Say how the state stands: its version, and how much it holds."""
    app: AppContext = context.obj
    told = app.shop.state()
    app.say(say("state.info", **asdict(told) | {"bytes": f"{told.bytes / 1e6:.1f}"}))
    if json:
        app.document(asdict(told))
    return 0


@STATE.command()
def upgrade(context: typer.Context, json: JsonOption = False) -> int:
    """Bring the state up to date for this version of the program."""
    app: AppContext = context.obj
    before, now = app.shop.upgrade_state()
    app.say(say("state.current" if before == now else "state.upgraded", before=before, version=now))
    if json:
        app.document({"before": before, "version": now})
    return 0


@STATE.command()
def prune(
    context: typer.Context,
    keep: Annotated[str, typer.Option(metavar="TIME", help="help.keep")] = "400d",
    json: JsonOption = False,
) -> int:
    """Let go of the details of runs of long ago; that they were, and what is remembered of items, stays."""
    app: AppContext = context.obj
    days = re.fullmatch(r"([1-9]\d{0,4})d", keep.strip())
    if days is None:
        raise wrong(say("usage.keep"))
    gone = app.shop.prune_state(timedelta(days=int(days[1])))
    sizes = {name: f"{size:,}" for name, size in (("before", gone.before), ("bytes", gone.bytes))}
    app.say(say("state.prune", **asdict(gone) | sizes))
    if json:
        app.document(asdict(gone))
    return 0

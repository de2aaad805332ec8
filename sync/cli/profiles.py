"""`itemsync profile`: what is set, by whom, and whether the gateway is content with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from sync.cli.app_context import AppContext
from sync.cli.helping import App
from sync.cli.options import JsonOption
from sync.messages import Language, say

if TYPE_CHECKING:
    from sync.service.settings import Setting

PROFILE = App("profile.")


def add_to(app: typer.Typer) -> None:
    """Add this file's commands."""
    app.add_typer(PROFILE, name="profile")


@PROFILE.command("list")
def list_profiles(context: typer.Context, json: JsonOption = False) -> None:
    """List the profiles of the settings file; the one in use is marked."""
    from sync.service.settings import profiles

    app: AppContext = context.obj
    file, names = profiles(app.config_file)
    chosen = app.shop.context.profile.profile
    app.say(say("profile.file", file=file) if file else say("profile.no_file"))
    for name in names or (chosen,):
        app.out.print(f"{'*' if name == chosen else ' '} {name}")
    if json:
        listed = [{"name": name, "chosen": name == chosen} for name in names]
        app.document({"file": str(file) if file else None, "profiles": listed})


@PROFILE.command()
def show(context: typer.Context, json: JsonOption = False) -> None:
    """Show every setting and where it comes from; secrets stay hidden."""
    from rich.table import Table

    from sync.service.settings import DEFAULT, settings

    app: AppContext = context.obj
    listed = list(settings(app.shop.context))
    if json:
        app.document(
            {"profile": app.shop.context.profile.profile, "settings": [setting._asdict() for setting in listed]}
        )
        return
    table = Table(box=None, pad_edge=False, show_header=False)
    for setting in listed:
        source = say("profile.value.default").words(app.language) if setting.source == DEFAULT else setting.source
        table.add_row(setting.key, _shown(setting, app.language), source)
    app.out.print(table)


@PROFILE.command()
def check(context: typer.Context, json: JsonOption = False) -> None:
    """Make one call that changes nothing, and say whether settings and authorization are right."""
    from sync.service.authorization import make_ready
    from sync.service.connection import ask_gateway
    from sync.service.shop_identity import shown_address

    app: AppContext = context.obj
    shop = app.shop.context
    make_ready(shop, 0, writes=False)
    ask_gateway(shop.channel)
    facts = {"profile": shop.profile.profile, "gateway": shown_address(shop.profile.gateway)}
    app.say(say("profile.right", **facts))
    if json:
        app.document({**facts, "right": True})


def _shown(setting: Setting, language: Language) -> str:
    """Write a value as people read it; what was typed stays as it is."""
    from sync.service.settings import SECRETS

    if setting.key in SECRETS:
        return say(f"profile.value.{setting.value}").words(language)
    if isinstance(setting.value, bool):
        return say("profile.value.yes" if setting.value else "profile.value.no").words(language)
    return "" if setting.value is None else str(setting.value)

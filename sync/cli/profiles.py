"""`itemsync profile`: what is set, by whom, and whether the gateway is content with it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import asdict
from typing import NamedTuple

import typer
from pydantic import BaseModel, SecretStr
from rich.table import Table

from sync.call import Outcome
from sync.cli.app_context import AppContext
from sync.cli.helping import App
from sync.cli.options import JsonOption
from sync.config import DEFAULT, SECRETS, Settings, profiles
from sync.errors import GatewayDown
from sync.fields import plain
from sync.gateway.pace import RateLimit
from sync.messages import Language, say
from sync.service.credentials import make_ready, secret_store

PROFILE = App("profile.")
NO_ITEM = "1"
"""An id that no item has: ids have a dozen digits and more. Looking for it costs one call and changes nothing."""


class Setting(NamedTuple):
    """One setting as it holds now."""

    key: str
    value: object
    """Plain JSON; of a secret only `set` or `missing`."""
    source: str


def add_to(app: typer.Typer) -> None:
    """Add this file's commands."""
    app.add_typer(PROFILE, name="profile")


@PROFILE.command("list")
def list_profiles(context: typer.Context, json: JsonOption = False) -> None:
    """List the profiles of the settings file; the one in use is marked."""
    app: AppContext = context.obj
    file, names = profiles(app.config_file)
    chosen = app.profile.profile
    app.say(say("profile.file", file=file) if file else say("profile.no_file"))
    for name in names or (chosen,):
        app.out.print(f"{'*' if name == chosen else ' '} {name}")
    if json:
        listed = [{"name": name, "chosen": name == chosen} for name in names]
        app.document({"file": str(file) if file else None, "profiles": listed})


@PROFILE.command()
def show(context: typer.Context, json: JsonOption = False) -> None:
    """Show every setting and where it comes from; a secret only as set or missing."""
    app: AppContext = context.obj
    settings = list(_settings(app))
    if json:
        listed = [setting._asdict() for setting in settings]
        app.document({"profile": app.profile.profile, "settings": listed})
        return
    table = Table(box=None, pad_edge=False, show_header=False)
    for setting in settings:
        source = say("profile.value.default").words(app.language) if setting.source == DEFAULT else setting.source
        table.add_row(setting.key, _shown(setting, app.language), source)
    app.out.print(table)


@PROFILE.command()
def check(context: typer.Context, json: JsonOption = False) -> None:
    """Make one call that changes nothing, and say whether settings and authorization are right."""
    app: AppContext = context.obj
    make_ready(app, 0, writes=False)
    reply = app.channel.read([NO_ITEM], lambda _: None)[NO_ITEM]
    # Whatever the platform says of this item: it knew who asked, by which application, signed when.
    if reply.error and reply.outcome is not Outcome.FAILED:
        raise GatewayDown(reply.error)
    profile = app.profile
    right = say("profile.right", profile=profile.profile, gateway=shown_address(profile.gateway))
    app.say(right)
    if json:
        app.document({"profile": profile.profile, "gateway": shown_address(profile.gateway), "right": True})


def shown_address(address: str) -> str:
    """Write an address without what may be a secret in it."""
    return re.sub(r"//.*@", "//", address.split("?", maxsplit=1)[0])


def _settings(app: AppContext) -> Iterator[Setting]:
    profile = app.profile
    yield Setting("profile", profile.profile, app.source("profile"))
    for name in Settings.model_fields:
        value = getattr(profile, name)
        match name:
            case "app_secret" | "session":
                yield _secret(app, name, value)
            case "gateway" | "state":
                yield Setting(name, shown_address(value) if value else value, app.source(name))
            case "guards":
                yield from _table(app, name, value.model_dump())
            case "limits":
                yield from _table(app, name, {method: _limit(limit) for method, limit in value.items() if method})
            case "publish":
                yield from _table(app, name, {path: plain(path, value[path]) for path in value})
            case "columns":
                yield from _table(app, name, dict(value))
            case "rules":
                yield from _table(app, name, {str(at): _rule(rule) for at, rule in enumerate(value)})
            case "categories":
                yield Setting(name, ", ".join(">".join(pair) for pair in value) or None, app.source(name))
            case _:
                yield Setting(name, value, app.source(name))


def _table(app: AppContext, name: str, values: dict[str, object]) -> Iterator[Setting]:
    for key, value in values.items():
        yield Setting(f"{name}.{key}", value, app.source(f"{name}.{key}"))


def _secret(app: AppContext, name: str, value: SecretStr) -> Setting:
    if value.get_secret_value():
        return Setting(name, "set", app.source(name))
    kept = secret_store(app.profile)
    held = kept.read()
    there = held.app_secret if name == "app_secret" else held.token
    return Setting(name, "set", kept.place) if there else Setting(name, "missing", app.source(name))


def _shown(setting: Setting, language: Language) -> str:
    """Write a value as people read it; what was typed stays as it is."""
    if setting.key in SECRETS:
        return say(f"profile.value.{setting.value}").words(language)
    if isinstance(setting.value, bool):
        return say("profile.value.yes" if setting.value else "profile.value.no").words(language)
    return "" if setting.value is None else str(setting.value)


def _rule(rule: BaseModel) -> str:
    """Write a rule in one line, as far as it says anything."""
    said = rule.model_dump(exclude_defaults=True)
    return ", ".join(
        f"{name} = {', '.join(value) if isinstance(value, tuple) else value}" for name, value in said.items()
    )


def _limit(limit: RateLimit) -> str:
    """Write a method's limits in one line; the application's own are settings like others."""
    return ", ".join(f"{name} = {value}" for name, value in asdict(limit).items() if value is not None)

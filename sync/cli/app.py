"""The command line's root: what every command shares."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sync import __version__
from sync.cli import (
    auth,
    demo,
    doctor,
    planning,
    profiles,
    pulling,
    resuming,
    runs,
    sandboxes,
    schemas,
    sheets,
    states,
    watching,
)
from sync.cli.app_context import AppContext
from sync.cli.exits import WRONG
from sync.cli.helping import App
from sync.messages import Language

APP = App(
    name="itemsync",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@APP.callback(invoke_without_command=True)
def root(
    context: typer.Context,
    profile: Annotated[str | None, typer.Option(metavar="P", envvar="ITEMSYNC_PROFILE", help="help.profile")] = None,
    config: Annotated[Path | None, typer.Option(metavar="FILE", help="help.config")] = None,
    state: Annotated[str | None, typer.Option(metavar="FILE|URL", help="help.state")] = None,
    lang: Annotated[Language | None, typer.Option(help="help.lang")] = None,
    log: Annotated[Path | None, typer.Option(metavar="FILE", help="help.log")] = None,
    debug: Annotated[bool, typer.Option("--debug", help="help.debug")] = False,
    version: Annotated[bool, typer.Option("-V", "--version", help="help.version")] = False,
) -> None:
    """Settings that come before the command."""
    if version:
        typer.echo(f"itemsync {__version__}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())
        raise typer.Exit(WRONG)
    app: AppContext = context.obj
    app.profile_name, app.config_file, app.state = profile, config, state
    app.lang, app.log = lang, log


for group in (
    *(demo, sandboxes, sheets, pulling, planning, watching, resuming, runs, profiles, auth, states, schemas, doctor),
):
    group.add_to(APP)

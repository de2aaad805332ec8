"""The command line's root: what every command shares.

Its annotations are no texts (`from __future__ import annotations`): typer evaluates each text twice at every start.
"""

from collections import UserDict
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import typer

from sync import __version__
from sync.cli.app_context import AppContext
from sync.cli.exits import WRONG
from sync.cli.helping import App, Group
from sync.messages import Language

MODULES: Mapping[str, str] = {
    "demo": "sandboxes",
    "sandbox": "sandboxes",
    "check": "sheets",
    "template": "sheets",
    "pull": "sheets",
    "plan": "planning",
    "apply": "planning",
    "watch": "watching",
    "resume": "resuming",
    "undo": "resuming",
    "abandon": "resuming",
    "history": "runs",
    "show": "runs",
    "item": "runs",
    "insight": "insight",
    "schema": "sheets",
    "doctor": "doctor",
    "profile": "profiles",
    "auth": "auth",
    "state": "states",
    "user": "users",
    "web": "web",
    "notify": "notifying",
    "fleet": "fleet",
}
"""Each command's file. Only that of the command that was typed is loaded."""


class _Commands(UserDict[str, Any]):
    """The commands by their names, each made when it is first asked for."""

    def __init__(self) -> None:
        super().__init__(dict.fromkeys(MODULES))

    def __getitem__(self, name: str) -> Any:
        if name in self and self.data[name] is None:
            group = App()
            import_module(f"sync.cli.{MODULES[name]}").add_to(group)
            group.registered_commands = [one for one in group.registered_commands if one.name == name]
            self.data |= typer.main.get_group(group).commands
        return self.data[name]


class Root(Group):
    """All commands."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**{**settings, "commands": _Commands()})

    def summaries(self) -> Mapping[str, str]:
        """Return each command's name and the code of its text."""
        return {name: f"help.command.{name}" for name in MODULES}


APP = App(
    name="itemsync",
    cls=Root,
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

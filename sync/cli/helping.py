"""Commands whose `--help` is in the reader's language: every text of it is a code of the table of texts.

A command's own text is `help.command.NAME`; its first line is what the list of commands says of it. An option's or an
argument's `help=` is a code such as `help.only`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar, get_args

import typer
from typer.core import TyperCommand, TyperGroup

from sync.cli.app_context import AppContext
from sync.messages import Language, say, table
from sync.service.context import system_language

F = TypeVar("F", bound=Callable[..., Any])

_BY_TYPER = {"help": "help.help", "install_completion": "help.completion", "show_completion": "help.completed"}
"""Options that the library adds by itself, by their names."""


_PLACE = re.compile("[A-Z]+")


@dataclass(frozen=True)
class Metavar:
    """What stands for a value in a command line, such as `SHEET|PLAN.json`, in the reader's language."""

    metavar: str

    def words(self, language: Language) -> str:
        """Say it with each word in capitals translated; raises KeyError for one that isn't in the table."""
        return _PLACE.sub(lambda found: say(f"help.place.{found[0].lower()}").words(language), self.metavar)


class _Ready:
    """Takes the value of a parameter that needs no conversion; the library would load pydantic for it."""

    def coerce(self, value: Any, param: Any, ctx: Any) -> Any:
        """Return the value that the command gets; raises typer's errors for one that it can't."""
        kind = param.type_descriptor.annotation
        if value is None and param.nargs == 1 and not param.multiple:
            return None
        if isinstance(value, str):
            if kind is str or value in get_args(kind):
                return value
            if kind is Path and (not os.path.lexists(value) or os.access(value, os.R_OK)):
                return Path(value)
        param._runtime_param = None
        return param.get_runtime_param().coerce(value, param=param, ctx=ctx)


def _make_ready(command: Any, context: Any) -> None:
    for param in command.get_params(context):
        param._runtime_param = _Ready()


class OneCommand(TyperCommand):
    """A command."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read the command line."""
        _make_ready(self, ctx)
        return super().parse_args(ctx, args)

    def afterword(self, language: Language) -> Sequence[tuple[str, str]]:
        """Return names and what they mean, for the end of its page of help."""
        return ()

    def get_help(self, ctx: Any) -> str:
        """Return the page of help as the terminal shows it."""
        from sync.cli.helppage import page

        return page(self, ctx, self.afterword(language_of(ctx)))

    def shell_complete(self, ctx: Any, incomplete: str) -> list[Any]:
        """Return what the shell may offer here, each with its text."""
        return _told(super().shell_complete(ctx, incomplete), ctx)


class Group(TyperGroup):
    """A command that has commands."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read the command line as far as the name of a command."""
        _make_ready(self, ctx)
        return super().parse_args(ctx, args)

    def summaries(self) -> Mapping[str, str]:
        """Return each command's name and the code of its text."""
        return {name: command.help or "" for name, command in self.commands.items()}

    def get_help(self, ctx: Any) -> str:
        """Return the page of help as the terminal shows it."""
        from sync.cli.helppage import page

        return page(self, ctx)

    def shell_complete(self, ctx: Any, incomplete: str) -> list[Any]:
        """Return what the shell may offer here, each with its text."""
        return _told(super().shell_complete(ctx, incomplete), ctx)


class App(typer.Typer):
    """Commands and groups of them; `path` is such as `auth.`, and the root's is empty."""

    def __init__(self, path: str = "", cls: type[Group] = Group, **settings: Any) -> None:
        super().__init__(cls=cls, help=f"help.command.{path}".rstrip("."), **settings)
        self._path = path

    def command(self, name: str | None = None, *, cls: Any = OneCommand, **settings: Any) -> Callable[[F], F]:
        """Add a function as a command, under `name` or else its own."""

        def add(function: F) -> F:
            called = name or function.__name__.replace("_", "-")
            code = f"help.command.{self._path}{called}"
            super(App, self).command(called, cls=cls, help=code, **settings)(function)
            return function

        return add


def language_of(context: typer.Context) -> Language:
    """Return the reader's language, also where no command has begun yet."""
    app = context.find_root().obj
    return app.safe_language if isinstance(app, AppContext) else system_language(os.environ) or "en"


def text_of(code: str | None, language: Language) -> str:
    """Return a text of help; raises KeyError for a code that isn't in the table."""
    return say(code).words(language) if code else ""


def first_line(code: str | None, language: Language) -> str:
    """Return the first line of a text of help."""
    return text_of(code, language).split("\n")[0]


def code_of(param: Any) -> str | None:
    """Return the code of a parameter's text."""
    return _BY_TYPER.get(param.name) or param.help


def _told(items: list[Any], context: Any) -> list[Any]:
    by_typer = {param.help: code for param in context.command.get_params(context) if (code := code_of(param))}
    for item in items:
        code = by_typer.get(item.help, item.help)
        item.help = first_line(code, language_of(context)) if code in table() else item.help
    return items

"""Commands whose `--help` is in the reader's language: every text of it is a code of the table of texts.

A command's own text is `help.command.NAME`; its first line is what the list of commands says of it. An option's or an
argument's `help=` is a code such as `help.only`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar, get_args

import typer
from typer.core import TyperCommand, TyperGroup

from sync.cli.help_texts import code_of, first_line, language_of
from sync.messages import Language, table

F = TypeVar("F", bound=Callable[..., Any])


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


def _told(items: list[Any], context: Any) -> list[Any]:
    by_typer = {param.help: code for param in context.command.get_params(context) if (code := code_of(param))}
    for item in items:
        code = by_typer.get(item.help, item.help)
        item.help = first_line(code, language_of(context)) if code in table() else item.help
    return items

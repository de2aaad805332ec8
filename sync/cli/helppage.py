"""A page of help, laid out for the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import typer
from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from sync.cli.help_texts import Metavar, code_of, first_line, language_of, text_of
from sync.messages import Language, say
from sync.report.prose import Prose

_WIDEST = 110
"""Columns."""


def page(command: Any, context: typer.Context, afterword: Sequence[tuple[str, str]] = ()) -> str:
    """Return the help of a command, with names and their meanings, if there are any, at its end."""
    language = language_of(context)
    console = Console(highlight=False, markup=False, emoji=False)
    with console.capture() as captured:
        for part in (*_top(command, context, language), *_lists(command, context, language)):
            console.print(part, width=min(console.width, _WIDEST))
        for part in _section("help.words", afterword, language):
            console.print(part, width=min(console.width, _WIDEST))
    return captured.get().rstrip("\n")


def _top(command: Any, context: typer.Context, language: Language) -> Iterator[RenderableType]:
    pieces = {"[OPTIONS]": "help.usage.options", "COMMAND [ARGS]...": "help.usage.command"}
    usage = (
        say(pieces[piece]).words(language) if piece in pieces else Metavar(piece.strip("{}")).words(language)
        for piece in command.collect_usage_pieces(context)
    )
    yield Text(say("help.usage", usage=" ".join((context.command_path, *usage))).words(language), "bold")
    for paragraph in text_of(command.help, language).split("\n"):
        yield ""
        yield Padding(Prose(Text(paragraph)), (0, 0, 0, 2))


def _lists(command: Any, context: typer.Context, language: Language) -> Iterator[RenderableType]:
    params = [param for param in command.get_params(context) if not getattr(param, "hidden", False)]
    arguments = [
        (Metavar(param.metavar).words(language), _words(param, language))
        for param in params
        if param.param_type_name == "argument"
    ]
    options = [
        (_names(param, context, language), _words(param, language))
        for param in params
        if param.param_type_name == "option"
    ]
    summaries = command.summaries() if hasattr(command, "summaries") else {}
    commands = [(name, first_line(code, language)) for name, code in summaries.items()]
    yield from _section("help.arguments", arguments, language)
    yield from _section("help.options", options, language)
    yield from _section("help.commands", commands, language)


def _section(heading: str, lines: Sequence[tuple[str, str]], language: Language) -> Iterator[RenderableType]:
    if not lines:
        return
    yield ""
    yield Text(say(heading).words(language), "bold")
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(max_width=34)
    table.add_column(ratio=1)
    for name, words in lines:
        table.add_row(Text(f"  {name}", "cyan"), Prose(Text(words)))
    yield table


def _names(option: Any, context: typer.Context, language: Language) -> str:
    names = ", ".join(sorted((*option.opts, *option.secondary_opts), key=len))
    place = Metavar(option.metavar or option.display_type(context).strip("<>"))
    return names if option.is_flag else f"{names} {place.words(language)}"


def _words(param: Any, language: Language) -> str:
    told = [text_of(code_of(param), language)]
    if isinstance(param.envvar, str):
        told.append(say("help.variable", name=param.envvar).words(language))
    if param.default not in (None, "", (), False) and param.show_default:
        told.append(say("help.default", value=param.default).words(language))
    return ("" if language == "zh" else " ").join(told)

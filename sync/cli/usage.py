"""What is wrong with a command line, in the reader's language: the library words it in English only.

Its own classes are private to it, so its errors are told apart by what they carry and by their sentences.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from typing import Any

import typer

from sync.cli.help_texts import Metavar
from sync.errors import Refusal
from sync.messages import Message, say

_SENTENCES = (
    (r"Option '(?P<name>.*)' does not take a value\.", "usage.takes_no_value"),
    (r"Option '(?P<name>.*)' requires .*", "usage.needs_value"),
    (r"(?s)Got unexpected extra argument.*? \((?P<words>.*)\)", "usage.too_many"),
    (r"Missing command\.", "usage.no_command"),
    (r"(?s)No such command (?P<word>.*)\. Did you mean (?P<near>.*)\?", "usage.near_command"),
    (r"(?s)No such command (?P<word>.*)\.", "usage.unknown_command"),
)
"""What the library says of a command line; `re` compiles these when it does."""
_VALUES = {
    "int_parsing": "usage.value.whole_number",
    "int_from_float": "usage.value.whole_number",
    "float_parsing": "usage.value.number",
    "less_than_equal": "usage.value.at_most",
    "greater_than_equal": "usage.value.at_least",
    "value_error": "usage.value.one_of",
}
"""What is wrong with a value, by pydantic's word for it."""


def wrong(message: Message) -> Refusal:
    """Refuse a command line (exit 2) for what `message` says, which is no whole sentence."""
    return Refusal(say("cli.usage", words=message, command="itemsync"))


def told(error: typer.TyperException) -> Message:
    """Say in the table's words what the command line library found."""
    context = getattr(error, "ctx", None)
    return say("cli.usage", words=_kind(error, context), command=context.command_path if context else "itemsync")


def _kind(error: Any, context: Any) -> Message:
    if getattr(error, "param", None) is not None:
        return _of_parameter(error, context)
    for pattern, code in _SENTENCES:
        if found := re.fullmatch(pattern, error.message):
            return say(code, **found.groupdict())
    if name := getattr(error, "option_name", None):
        return _unknown_option(name, context)
    return say("usage.other", words=error.format_message())


def _unknown_option(name: str, context: Any) -> Message:
    if context and name in _options(context.find_root()):
        return say("usage.before_command", name=name)
    if near := get_close_matches(name, _options(context) if context else (), n=3):
        return say("usage.unknown_option.near", name=name, near=" / ".join(near))
    return say("usage.unknown_option", name=name)


def _options(context: Any) -> list[str]:
    return [name for param in context.command.get_params(context) for name in param.opts if name.startswith("-")]


def _of_parameter(error: Any, context: Any) -> Message:
    param = error.param
    name = Metavar(param.metavar) if param.param_type_name == "argument" else max(param.opts, key=len)
    cause = error.__cause__
    if cause is None:
        return say("usage.missing", name=name)
    problem = cause.errors()[0]
    limits: Iterator[object] = iter(problem.get("ctx", {}).values())
    choices: Iterable[object] = param.type_descriptor.choices or ()
    return say(
        _VALUES.get(problem["type"], "usage.value.other"),
        name=name,
        value=str(problem["input"]),
        limit=next(limits, ""),
        choices=" / ".join(map(str, choices)),
    )

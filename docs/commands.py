"""The page of commands, from the command line itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import typer
from typer.core import TyperGroup

from docs.markdown import quoted, safe, table
from sync.cli.app import APP
from sync.cli.help_texts import Metavar, code_of, text_of
from sync.messages import Language, say


def commands() -> Mapping[str, Any]:
    """Return every command by what is typed, such as `auth login`, in the order of `itemsync --help`."""
    found = {}
    for name, command in _root().commands.items():
        inside = command.commands.items() if isinstance(command, TyperGroup) else [("", command)]
        found.update({f"{name} {below}".strip(): one for below, one in inside})
    return found


def _root() -> TyperGroup:
    root = typer.main.get_command(APP)
    assert isinstance(root, TyperGroup)  # noqa: S101
    return root


def commands_page(language: Language) -> str:
    """Return the page: every command with its arguments and options."""
    title, before, lead = {
        "en": (
            "Commands",
            "Before the command",
            "What `itemsync COMMAND --help` says. See also the [exit codes](exit-codes.md).",
        ),
        "zh": ("命令", "写在命令前面的选项", "和 `itemsync 命令 --help` 说的一样。另见[退出码](exit-codes.md)。"),
    }[language]
    parts = [f"# {title}\n\n{lead}\n", f"## {before}\n\n{_options(_root(), language)}"]
    for name, command in commands().items():
        places = " ".join(_place(one, language) for one in _params(command, "argument"))
        text = text_of(command.help, language).replace("\n", "\n\n")
        parts.append(f"## {name}\n\n```sh\nitemsync {name} {places}".rstrip() + f"\n```\n\n{safe(text)}\n")
        for kind in ("argument", "option"):
            if listed := _options(command, language, kind):
                parts.append(listed)
    return "\n".join(parts)


def _params(command: Any, kind: str) -> list[Any]:
    return [one for one in command.params if one.param_type_name == kind and not getattr(one, "hidden", False)]


def _place(param: Any, language: Language) -> str:
    return Metavar(param.metavar or param.type.name).words(language)


def _options(command: Any, language: Language, kind: str = "option") -> str:
    heading = say(f"help.{kind}s").words(language)
    rows = [(_name(one, language), _described(one, language)) for one in _params(command, kind)]
    return table((heading, ""), rows) if rows else ""


def _name(param: Any, language: Language) -> str:
    if param.param_type_name == "argument":
        return quoted(_place(param, language))
    names = ", ".join(quoted(name) for name in sorted((*param.opts, *param.secondary_opts), key=len))
    return names if param.is_flag or not param.metavar else f"{names} {quoted(_place(param, language))}"


def _described(param: Any, language: Language) -> str:
    told = [text_of(code_of(param), language)]
    if isinstance(param.envvar, str):
        told.append(say("help.variable", name=param.envvar).words(language))
    if param.default not in (None, "", (), False):
        told.append(say("help.default", value=param.default).words(language))
    return safe(("" if language == "zh" else " ").join(told))

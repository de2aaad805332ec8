"""The texts of help: which one stands for a command, an option or a value, in the reader's language."""

from __future__ import annotations

import os
import re
from typing import Any, NamedTuple

import typer

from sync.cli.app_context import AppContext
from sync.messages import Language, say
from sync.service.context import system_language

_BY_TYPER = {"help": "help.help", "install_completion": "help.completion", "show_completion": "help.completed"}
"""Options that the library adds by itself, by their names."""
_PLACE = "[A-Z]+"


class Metavar(NamedTuple):
    """What stands for a value in a command line, such as `SHEET|PLAN.json`, in the reader's language."""

    metavar: str

    def words(self, language: Language) -> str:
        """Say it with each word in capitals translated; raises KeyError for one that isn't in the table."""
        return re.sub(_PLACE, lambda found: say(f"help.place.{found[0].lower()}").words(language), self.metavar)


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

"""Questions to the person at the terminal, in their language, on standard error."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, TypeVar

import typer

from sync.legible import legible
from sync.messages import Message, say

if TYPE_CHECKING:
    from sync.cli.app_context import AppContext

T = TypeVar("T")

_YES_OR_NO = {
    **dict.fromkeys(("y", "yes", "是", "是的", "好", "对", "确定"), True),
    **dict.fromkeys(("n", "no", "否", "不", "不是", "取消"), False),
}
"""What may be typed, however the language."""


def ask(app: AppContext, question: Message, *, hidden: bool = False, default: str | None = None) -> str:
    """Return what the person types, without spaces around it; raises `typer.Abort` if they leave.

    `default` is what Enter alone says; without one the question is asked again.
    """
    words = legible(question.words(app.language))
    while True:
        try:
            typed = typer.prompt(words, default=default, hide_input=hidden, show_default=False, err=True)
        except UnicodeDecodeError:
            # A console may send signs that Python takes for another encoding's.
            continue
        return str(typed).strip()


def confirm(app: AppContext, question: Message) -> bool:
    """Ask for yes or no; Enter alone says no."""
    return choose(app, say("cli.yes_or_no", question=question), _YES_OR_NO, default="n")


def choose(app: AppContext, question: Message, answers: Mapping[str, T], default: str | None = None) -> T:
    """Ask until one of `answers` is typed, in whichever case, and return what it stands for."""
    while True:
        typed = ask(app, question, default=default).casefold()
        if typed in answers:
            return answers[typed]
        app.tell(say("cli.no_answer", answers=" / ".join(answers)))

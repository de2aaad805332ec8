"""Questions to the person at the terminal, in their language, on standard error."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, TypeVar

import typer

from sync.errors import NeedsWorksheet, Refusal
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


def agreed(app: AppContext, question: Message, *, yes: bool) -> bool:
    """Ask for yes or no, unless `--yes` said so; Enter alone says no. Raises Refusal where nobody can be asked."""
    if yes:
        return True
    if not app.interactive:
        raise Refusal(say("cli.say_yes"))
    if choose(app, say("cli.yes_or_no", question=question), _YES_OR_NO, default="n"):
        return True
    app.tell(say("cli.declined"))
    return False


def choose(app: AppContext, question: Message, answers: Mapping[str, T], default: str | None = None) -> T:
    """Ask until one of `answers` is typed, in whichever case, and return what it stands for."""
    while True:
        typed = ask(app, question, default=default).casefold()
        if typed in answers:
            return answers[typed]
        app.tell(say("cli.no_answer", answers=" / ".join(answers)))


def choosing(app: AppContext, worksheet: str | None, do: Callable[[str | None], T]) -> T:
    """Return what `do` comes to with the worksheet that is meant; raises NeedsWorksheet where nobody can be asked."""
    try:
        return do(worksheet)
    except NeedsWorksheet as several:
        if not app.interactive or app.json:
            raise
        named = {str(number): name for number, name in enumerate(several.names, start=1)}
    for number, name in named.items():
        app.err.print(f"{number}  {name}")
    return do(choose(app, say("cli.which_sheet"), named))

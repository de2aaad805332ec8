"""Which worksheet is meant, where several could be: at a terminal a person is asked."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from sync.cli.app_context import AppContext
from sync.cli.asking import choose
from sync.messages import say

T = TypeVar("T")


def choosing(app: AppContext, worksheet: str | None, do: Callable[[str | None], T]) -> T:
    """Return what `do` comes to with the worksheet that is meant; raises NeedsWorksheet where nobody can be asked."""
    from sync.errors import NeedsWorksheet

    try:
        return do(worksheet)
    except NeedsWorksheet as several:
        if not app.interactive or app.json:
            raise
        named = {str(number): name for number, name in enumerate(several.names, start=1)}
    for number, name in named.items():
        app.err.print(f"{number}  {name}")
    return do(choose(app, say("cli.which_sheet"), named))

"""What a person types: one file a command group, and no decisions here."""

from __future__ import annotations

import gc
from collections.abc import Sequence

import typer

from sync.cli.desk import Desk
from sync.cli.streams import streams
from sync.messages import Exit, Refusal, say

BUG = 70
"""The exit code of a defect in itemsync itself (`EX_SOFTWARE`), which the documented codes don't speak of."""

INTERRUPTED = 130
"""The exit code of a program that Ctrl-C ended, which the command line library uses too."""

_MANY = 100_000
"""Objects that are made before Python looks for garbage. A large sheet comes to millions, hardly any of them garbage,
and by Python's own 700 a tenth of the time went into looking."""


def run(args: Sequence[str]) -> int:
    """Run one command and return its exit code (DESIGN section 9). No traceback reaches a user without `--debug`."""
    gc.set_threshold(_MANY)
    with streams() as (out, _):
        desk = Desk(json="--json" in args, debug="--debug" in args)
        code = _run(desk, args)
        out.flush()
        if out.lost is None or out.reader_has_gone:
            return code
        desk.tell(say("cli.output_lost"))
        return code or 1


def _run(desk: Desk, args: Sequence[str]) -> int:
    from sync.cli.app import APP

    try:
        code = APP(list(args), prog_name="itemsync", standalone_mode=False, obj=desk)
    except Refusal as refusal:
        desk.refuse(refusal.message, refusal.exit, refusal.plan)
        return refusal.exit.number
    except typer.TyperException as error:
        # A wrong option is an engineer's error: in English, as the command line library words it.
        desk.refuse(say("cli.usage", words=error.format_message()))
        return Exit.WRONG.number
    except (typer.Abort, KeyboardInterrupt):
        desk.tell(say("cli.aborted"))
        return INTERRUPTED
    except Exception as error:
        if desk.debug:
            raise
        desk.tell(say("cli.bug", kind=type(error).__name__))
        return BUG
    finally:
        desk.close()
    if code == INTERRUPTED:
        desk.tell(say("cli.aborted"))
    return code if isinstance(code, int) else 0

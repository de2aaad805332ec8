"""What a person types: one file a command group, and no decisions here."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import click

from sync.cli.desk import Desk
from sync.messages import Message, Refusal, say

BUG = 70
"""The exit code of a defect in itemsync itself (`EX_SOFTWARE`), which the documented codes don't speak of."""


def main() -> None:
    """Run the command line and leave the process with its exit code."""
    sys.exit(run(sys.argv[1:]))


def run(args: Sequence[str]) -> int:
    """Run one command and return its exit code (DESIGN section 9). No traceback reaches a user without `--debug`."""
    from sync.cli.app import APP

    desk = Desk(json="--json" in args, debug="--debug" in args)
    try:
        code = APP(list(args), prog_name="itemsync", standalone_mode=False, obj=desk)
    except Refusal as refusal:
        desk.refuse(refusal.message, refusal.exit, refusal.plan)
        return refusal.exit.number
    except click.ClickException as error:
        _usage(error, desk)
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        desk.tell(say("cli.aborted"))
        return 130
    except BrokenPipeError:
        # Whoever read the output has seen enough, as `head` has.
        sys.stdout = None
        return 0
    except Exception as error:
        if desk.debug:
            raise
        desk.tell(say("cli.bug", kind=type(error).__name__))
        return BUG
    finally:
        desk.close()
    return code if isinstance(code, int) else 0


def _usage(error: click.ClickException, desk: Desk) -> None:
    """A wrong option is an engineer's error: in English, as the command line library words it."""
    if desk.json:
        desk.refuse(Message("cli.usage", {"words": error.format_message()}))
    else:
        error.show()

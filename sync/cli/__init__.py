"""What a person types: a file for each subject of commands, and no decisions here.

`app` lists the commands. Each one parses (`options`, `usage`), calls `sync.service.shop.Shop`, asks where it must
(`asking`), and prints through `app_context` and `sync.report`. `execution` is what all commands share that change the
shop, `exits` the exit codes, `helping` the help in the reader's language, `streams` a terminal that never fails.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import typer

from sync.cli.app_context import AppContext
from sync.cli.exits import BUG, INTERRUPTED
from sync.cli.streams import streams
from sync.errors import Refusal
from sync.messages import LANGUAGES, Language, say


def run(args: Sequence[str]) -> int:
    """Run one command and return its exit code (docs/reference/exit-codes.md). No traceback reaches a user without
    `--debug`."""
    with streams() as (out, _):
        app = AppContext(json="--json" in args, debug="--debug" in args, lang=_language(args))
        code = _run(app, args)
        out.flush()
        if out.lost is None or out.reader_has_gone:
            return code
        app.tell(say("cli.output_lost"))
        return code or 1


def _run(app: AppContext, args: Sequence[str]) -> int:
    from sync.cli.app import APP
    from sync.cli.usage import told

    try:
        code = APP(list(args), prog_name="itemsync", standalone_mode=False, obj=app)
    except Refusal as refusal:
        return app.refuse(refusal)
    except typer.TyperException as error:
        return app.refuse(Refusal(told(error)))
    except (typer.Abort, KeyboardInterrupt):
        app.tell(say("cli.aborted"))
        return INTERRUPTED
    except SystemExit as ended:
        # So the library ends what it does by itself, such as the completion of a shell.
        return ended.code if isinstance(ended.code, int) else 0
    except Exception as error:
        from sync.service.trouble import in_words

        if app.debug:
            raise
        if known := in_words(error):
            return app.refuse(known)
        app.tell(say("cli.bug", kind=type(error).__name__))
        return BUG
    finally:
        app.close()
    if code == INTERRUPTED:
        app.tell(say("cli.aborted"))
    return code if isinstance(code, int) else 0


def _language(args: Sequence[str]) -> Language | None:
    """Find what `--lang` says before the command line is read, whose mistakes are told in that language too."""
    words = " ".join(args).replace("--lang=", "--lang ").split()
    said = [after for word, after in itertools.pairwise(words) if word == "--lang"]
    return next((language for language in LANGUAGES if language in said), None)

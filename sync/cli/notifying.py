"""`itemsync notify`: whether messages arrive."""

from __future__ import annotations

import typer

from sync.cli.app_context import AppContext
from sync.cli.helping import App
from sync.cli.options import JsonOption
from sync.messages import say

NOTIFY = App("notify.")


def add_to(app: typer.Typer) -> None:
    """Add this file's commands."""
    app.add_typer(NOTIFY, name="notify")


@NOTIFY.command()
def test(context: typer.Context, json: JsonOption = False) -> int:
    """Send a message to every address of the profile, and tell which ones took it."""
    app: AppContext = context.obj
    sent = app.shop.notify_test()
    if json:
        app.document({"addresses": [{"service": one.service, "sent": one.sent} for one in sent]})
    for one in sent:
        app.say(say("notify.test.sent" if one.sent else "notify.test.failed", service=one.service))
    return 0 if all(one.sent for one in sent) else 1

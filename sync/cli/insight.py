"""`itemsync insight`: what the shop learned, and a sheet to restock from."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from sync.cli.app_context import AppContext
from sync.cli.options import CsvOption, JsonOption, ParquetOption, exported
from sync.cli.usage import wrong
from sync.item import SHOP_TIME
from sync.messages import say


def add_to(app: typer.Typer) -> None:
    """Add this file's commands."""
    app.command()(insight)


def insight(
    context: typer.Context,
    weeks: Annotated[int | None, typer.Option(metavar="N", min=1, help="help.weeks")] = None,
    since: Annotated[str | None, typer.Option(metavar="DATE", help="help.since")] = None,
    out: Annotated[Path | None, typer.Option(metavar="OUT.xlsx", help="help.restock")] = None,
    csv: CsvOption = None,
    parquet: ParquetOption = None,
    json: JsonOption = False,
) -> None:
    """Show what sold, what runs out and what stands still; nothing is called."""
    from sync.report.insight import ItemLists, print_insight

    app: AppContext = context.obj
    if weeks and since:
        raise wrong(say("usage.period"))
    learned = app.shop.insight(_day(since) if since else None, weeks=weeks)
    if json:
        app.document(learned.streamed())
    else:
        lists = ItemLists(learned.top, learned.ending, learned.slow)
        print_insight(learned.summary, lists, app.language, app.out)
    if out:
        count = learned.write_restock(out)
        app.tell(say("insight.saved" if count else "insight.saved_none", file=out, count=count))
    for file in exported(learned, csv, parquet):
        app.tell(say("cli.saved", file=file))


def _day(since: str) -> datetime:
    """Read a date, in the shop's time. Raises Refusal for what is none."""
    try:
        return datetime.strptime(since.strip(), "%Y-%m-%d").replace(tzinfo=SHOP_TIME)
    except ValueError:
        raise wrong(say("usage.since", since=since)) from None

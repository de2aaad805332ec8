"""How a fleet stands, as a table for the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table

from sync.item import SHOP_TIME
from sync.messages import Language, Message, say, sentences

if TYPE_CHECKING:
    from rich.console import Console

    from sync.fleet.status import FleetStatus, LastRun, ShopStatus, WorkerStatus

_SHOPS = ("fleet.column.shop", "fleet.column.open", "fleet.column.run", "fleet.column.needs")
_WORKERS = ("fleet.column.worker", "fleet.column.host", "fleet.column.version", "fleet.column.seen")


def print_status(found: FleetStatus, language: Language, console: Console) -> None:
    """Print a line for each shop, then one for each worker."""
    if not found.shops:
        console.print(say("fleet.none").words(language))
    else:
        _print(_SHOPS, [_of_shop(shop, language) for shop in found.shops], language, console)
    if not found.workers:
        console.print(say("fleet.no_workers").words(language))
    else:
        _print(_WORKERS, [_of_worker(one, language) for one in found.workers], language, console)


def _print(headers: tuple[str, ...], rows: list[tuple[str, ...]], language: Language, console: Console) -> None:
    table = Table(*(say(code).words(language) for code in headers), box=None, pad_edge=False)
    for row in rows:
        table.add_row(*row)
    console.print(table)


def _of_shop(shop: ShopStatus, language: Language) -> tuple[str, ...]:
    run = _of_run(shop.last_run).words(language) if shop.last_run else ""
    return shop.name, str(shop.open), run, sentences(shop.needs).words(language)


def _of_run(run: LastRun) -> Message:
    at = f"{run.started_at.astimezone(SHOP_TIME):%m-%d %H:%M}"
    return say("fleet.run.ended" if run.finished_at else "fleet.run.open", run=run.run, at=at)


def _of_worker(worker: WorkerStatus, language: Language) -> tuple[str, ...]:
    seen = say(
        "fleet.worker.alive" if worker.alive else "fleet.worker.quiet", seconds=int(worker.quiet.total_seconds())
    )
    place = f"{worker.host} · {worker.pid}"
    return worker.id, place, worker.version, seen.words(language)

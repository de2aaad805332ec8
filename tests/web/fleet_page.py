"""A fleet's page that is served, with the florist in it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread

from sync.fleet.engine import set_up
from sync.fleet.fleet import Fleet
from sync.fleet.tasks import worker_of
from sync.web.fleet_serving import FleetPageServer
from sync.web.serving import listen
from tests.web.pages import PATIENCE


@contextmanager
def address_of_fleet(fleet: Fleet, *, accounts: bool = False) -> Iterator[str]:
    """Serve the page in this process; yields the address that would be printed, which works once.

    `accounts`: as behind a proxy, where people have accounts.
    """
    set_up(fleet.engine)
    listener = listen("127.0.0.1", 0)
    public = f"http://127.0.0.1:{listener.getsockname()[1]}" if accounts else ""
    server = FleetPageServer(fleet, fleet.jobs, listener, "127.0.0.1", public=public)
    ready = Event()
    thread = Thread(target=server.serve, args=(ready.set,))
    thread.start()
    assert ready.wait(PATIENCE)
    try:
        yield server.url
    finally:
        server.stop()
        thread.join()


@contextmanager
def one_worker(fleet: Fleet) -> Iterator[None]:
    """Let a worker of this process do what is asked for at the page."""
    set_up(fleet.engine)
    worker = worker_of(fleet, 2, fleet.jobs)
    thread = Thread(target=worker.run)
    thread.start()
    try:
        yield
    finally:
        worker.end()
        thread.join()

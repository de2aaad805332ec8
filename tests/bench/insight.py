"""`itemsync insight` of 100,000 items looked at for 52 weeks: at most 10 seconds and 300 MB, as it is typed.

Each week each item is found to differ, which is the most that a state can hold of them.
"""

from __future__ import annotations

import sqlite3
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
from tests.bench.peaks import MOST, typed

ITEMS, WEEKS = 100_000, 52
WEEK = 7 * 86_400_000


def measured() -> Iterator[str]:
    """Yield what it takes of time and memory."""
    with tempfile.TemporaryDirectory() as folder:
        state = Path(folder) / "state.db"
        _fill(state)
        for weeks in (13, WEEKS):
            began = perf_counter()
            taken = typed(Path(folder), "http://127.0.0.1:9/router/rest", ("insight", "--weeks", str(weeks)))
            yield (
                f"insight, {ITEMS} items, {WEEKS} weeks kept, {weeks} looked at:"
                f" {perf_counter() - began:5.1f} s (at most 10)  {taken.megabytes:5.0f} MB (at most {MOST})"
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

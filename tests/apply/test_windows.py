"""A large run, and its undo, hold some rows at a time, and have the others packed: what they do is the same."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Table, select

from sync import packed
from sync.apply.executor import Pace
from sync.apply.run import plan_of_run, results_of
from sync.state.learned_tables import CHANGES
from sync.state.tables import CALLS, ITEMS, ROWS
from tests.apply.fake_channel import FakeChannel, Fault, PowerCut, Runner
from tests.apply.rows import SHOP, WEEK
from tests.clocks import FakeClock

FAULTS = st.sampled_from([*[None] * 8, *(fault for fault in Fault)])
MOST_LIVES = 60


def told(folder: Path, faults: list[Fault | None], together: int, *, verify: bool) -> object:
    """Carry out the week, taken up as often as it is cut off; all that is seen of it."""
    with pytest.MonkeyPatch.context() as patch:
        if together:
            patch.setattr(packed, "FEW", 0)
            patch.setattr(packed, "TOGETHER", together)
        channel = FakeChannel(FakeClock(), lambda n, _: faults[n] if n < len(faults) else None)
        channel.load(*SHOP)
        run = Runner(channel, folder / f"{together}.db", Pace(1, verify=verify))
        for _ in range(MOST_LIVES):
            try:
                if not run.store.last_run():
                    run.apply(WEEK)
                run.resume()
            except PowerCut:
                run.store.close()
                run.open()
            if run.store.last_run() and not run.store.unfinished():
                break
        results = results_of(run.store, 1)
        plan = plan_of_run(run.store, 1, results)
        back = run.undo_plan(allow_delete=True)
        kept = [rows_of(run, table) for table in (ROWS, CALLS, CHANGES, ITEMS)]
        run.store.close()
        return channel.sent, channel.batches, [*results], [*plan.rows], [*back.rows], kept


def rows_of(run: Runner, table: Table) -> list[tuple[object, ...]]:
    with run.store.engine.connect() as connection:
        return [tuple(row) for row in connection.execute(select(table))]


@settings(max_examples=12, deadline=None)
@given(st.lists(FAULTS, max_size=50), st.sampled_from([1, 2, 3, 7]), st.booleans())
def test_windows_of_rows_do_what_all_rows_at_once_do(faults: list[Fault | None], together: int, verify: bool) -> None:
    with TemporaryDirectory() as folder:
        whole = told(Path(folder), faults, 0, verify=verify)
        assert told(Path(folder), faults, together, verify=verify) == whole

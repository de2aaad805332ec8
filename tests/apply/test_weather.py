"""Whatever the network and the platform do to a run: no stock moves twice, no item is made twice, no result lies."""

from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sync.apply.executor import Pace
from sync.call import Result
from sync.fields import INVENTORY
from tests.apply.fake_channel import FakeChannel, Fault, Runner, with_ids
from tests.apply.rows import SHOP, WEEK
from tests.apply.test_power_cuts import MOVES, check_row
from tests.clocks import FakeClock

FAULTS = st.sampled_from([None, None, None, Fault.NEVER_ARRIVED, Fault.NO_ANSWER, Fault.LATE, Fault.REFUSED])


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(faults=st.lists(FAULTS, max_size=60), connections=st.sampled_from([1, 3]))
def test_whatever_the_weather(tmp_path: Path, faults: list[Fault | None], connections: int) -> None:
    file = tmp_path / "state.db"
    for stale in tmp_path.iterdir():
        stale.unlink()
    channel = FakeChannel(FakeClock(), lambda n, _: faults[n] if n < len(faults) else None)
    channel.load(*SHOP)
    run = Runner(channel, file, Pace(connections))
    report = run.apply(WEEK)
    channel.catch_up()
    assert report.finished
    assert max(channel.codes().values()) == 1
    assert max(channel.executed.values(), default=0) <= 1
    for row, result in zip(WEEK, report.results, strict=True):
        if result.result is Result.DONE:
            check_row(run, row, result)
        if result.result is Result.FAILED and row.outer_id in MOVES and result.change_applied is None:
            assert channel.executed[row.item_id or ""] == 0
            assert (channel.held(row.outer_id) or {})[INVENTORY] == 10
    channel.fault_for = lambda _, __: None
    again = run.apply(with_ids(WEEK, report))
    assert {result.result for result in again.results} <= {Result.DONE, Result.NONE, Result.BLOCKED, Result.INVALID}
    assert max(channel.codes().values()) == 1
    assert max(channel.executed.values(), default=0) <= 1
    run.store.close()

"""`state prune`: what only long past runs need goes, and what anybody may still ask for stays; on every database."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from filelock import FileLock

from sync.call import Outcome, Result
from sync.errors import Locked, Refusal
from sync.fields import PRICE
from sync.item import Baseline
from sync.remembered import Hold
from sync.state.changes import MadeChange, changes
from sync.state.item_history import moved_rows
from sync.state.journal import Ended, Entries, Intent, Journal, Origin, PlannedRow, Settlement
from sync.state.observations import Seen, observations, observe
from sync.state.pruning import Pruned, prune
from sync.state.store import Store
from sync.state.unchanged import UnchangedRow

NOW = datetime(2026, 11, 21, 1, 30, tzinfo=UTC)
DAY = timedelta(days=1)
LONG_AGO = NOW - 500 * DAY
MOVED = '{"row": 3, "change_applied":5}'


def ran(store: Store, at: datetime, *, delivered: bool = True, sheet: str = "a.xlsx", watch: bool = False) -> int:
    """A run of three rows: one price, one 库存增减, one unchanged."""
    rows = [PlannedRow(2, "A", "update", "{}"), PlannedRow(3, "B", "update", "{}")]
    origin = Origin(sheet, watch=watch, saved_plan=f"plan of {sheet}", sheet_id=sheet)
    journal = Journal.begin(store, origin, [*rows, UnchangedRow(4, "C", "9")], (), at)
    call = Intent(2, 0, "modify", {"price": "19.90"}, {})
    journal.write(Entries(intents=[call]), at)
    ended = [
        Ended(2, Result.DONE, '{"row": 2}', "A", changes=[MadeChange(PRICE, 1, 2, at)], plan="{}"),
        Ended(3, Result.DONE, MOVED, "B", Baseline("8"), plan="{}"),
    ]
    journal.write(Entries([Settlement(call, Outcome.DONE)], ended), at)
    journal.finish(at)
    if delivered:
        store.mark_delivered(journal.run, at)
    return journal.run


def pruned(store: Store, place: str) -> Pruned:
    return prune(store, place, NOW - 400 * DAY, NOW)


def test_rows_and_calls_of_long_past_runs_go_and_their_counts_stay(place: str, store: Store) -> None:
    old, young = ran(store, LONG_AGO), ran(store, NOW - 300 * DAY)
    gone = pruned(store, place)
    assert (gone.runs, gone.rows, gone.calls) == (1, 2, 1)
    told = {run.id: (dict(run.results), run.pruned_at) for run in store.runs()}
    counts = {Result.DONE: 2, Result.NONE: 1}
    assert told == {old: (counts, NOW), young: (counts, None)}
    assert (store.calls(old), len(store.calls(young)), len(store.rows(young))) == ({}, 1, 3)
    assert store.run_with_rows(young).id == young
    with pytest.raises(Refusal, match=r"state\.pruned"):
        store.run_with_rows(old)
    assert store.baselines() == {"B": Baseline("8")}
    assert [one[8] for one in changes(store)] == [old, young]
    # A 库存增减 that an old copy of a sheet says again, and a saved plan that somebody still has.
    assert {(row.run, row.ended) for row in moved_rows(store, ["A", "B"])} == {(old, MOVED), (young, MOVED)}
    assert store.applied("plan of a.xlsx")
    assert replace(pruned(store, place), before=0, bytes=0) == Pruned(0, 0, 0, 0, 0, 0)


def test_what_waits_for_somebody_stays_however_old(place: str, store: Store) -> None:
    first = ran(store, LONG_AGO, sheet="b.xlsx")
    undelivered = ran(store, LONG_AGO, delivered=False)
    overtakes = ran(store, LONG_AGO)
    held, under, watch = ran(store, LONG_AGO, sheet="c.xlsx"), ran(store, LONG_AGO, sheet="d.xlsx"), 0
    watch = ran(store, LONG_AGO, sheet="e.xlsx", watch=True, delivered=False)
    hold = Hold(5, held, LONG_AGO, unknown=True, under=Hold(5, under, LONG_AGO))
    store.put({"B": Baseline("8", hold=hold)})
    unfinished = Journal.begin(store, Origin("f.xlsx"), [PlannedRow(2, "A", "update", "{}")], (), LONG_AGO).run
    assert pruned(store, place).runs == 2
    assert {run.id for run in store.runs() if run.pruned_at} == {first, watch}
    assert {run.id for run in store.runs()} >= {undelivered, overtakes, held, under, unfinished}


def test_of_an_old_day_the_last_observation_stays(place: str, store: Store) -> None:
    evening = LONG_AGO.replace(hour=15, minute=0)
    for hour, stock in enumerate([9, 8, 7]):
        observe(
            store, [Seen("A", 100, stock, 1), Seen("A", 100, stock, 1, "红")], evening + timedelta(hours=hour), "plan"
        )
    for hour, stock in enumerate([6, 5]):
        observe(store, [Seen("A", 100, stock, 1)], NOW + timedelta(hours=hour), "plan")
    assert pruned(store, place).observations == 2
    # At 16:00 UTC the shop's next day begins.
    assert [(one[1], one[4]) for one in observations(store)] == [("", s) for s in (9, 7, 6, 5)] + [
        ("红", 9),
        ("红", 7),
    ]


def test_a_file_gets_smaller_and_nobody_is_disturbed(tmp_path_factory: pytest.TempPathFactory) -> None:
    place = tmp_path_factory.mktemp("state") / "state.db"
    store = Store(str(place), "shop")
    rows = [PlannedRow(n, f"A-{n}", "update", "{}" * 500) for n in range(500)]
    journal = Journal.begin(store, Origin("a.xlsx"), rows, (), LONG_AGO)
    journal.write(
        Entries(ended=[Ended(n, Result.DONE, "{}", f"A-{n}", plan="x" * 999) for n in range(500)]), LONG_AGO
    )
    journal.finish(LONG_AGO)
    store.mark_delivered(journal.run, LONG_AGO)
    with FileLock(f"{place}.other.lock"), pytest.raises(Locked):
        pruned(store, str(place))
    gone = pruned(store, str(place))
    assert gone.bytes < gone.before / 2
    assert place.stat().st_size <= gone.bytes
    store.close()

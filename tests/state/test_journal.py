"""The write-ahead log of one run: intents before calls, outcomes after them, and what a dead process left open."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.exc import SQLAlchemyError

from sync.call import CallRecord, Outcome, Result
from sync.errors import Refusal, StateDown
from sync.fields import PRICE, STATUS
from sync.item import Baseline, Item, Status, opaque
from sync.state import store as store_module
from sync.state.journal import Ended, Entries, Intent, Journal, Origin, PlannedRow, Settlement
from sync.state.store import JournalLine, Store
from sync.state.unchanged import UnchangedRow

AT = datetime(2026, 11, 21, 1, 30, tzinfo=UTC)
LATER = AT + timedelta(seconds=40)
HELD: Item = {PRICE: 1990, STATUS: Status.ACTIVE, "包装": opaque({"盒": 1})}
STATUS_OFF = Intent(2, 0, "taobao.open.item.status.modify", {"item_id": "7", "status": 0}, HELD)
LOOK = Intent(2, 1, "taobao.open.item.get", {"item_id": "7"}, HELD, writes=False)
STOCK = Intent(3, 0, "taobao.open.item.inventory.incr", {"item_id": "8", "num": 5}, {})


@pytest.fixture
def journal(store: Store) -> Journal:
    rows = [PlannedRow(3, "B", "update", '{"plan": "B"}'), PlannedRow(2, "A", "update", '{"plan": "A"}')]
    return Journal.begin(store, Origin("weekly.xlsx"), rows, (), AT)


def test_rows_come_back_in_the_sheets_order(store: Store, journal: Journal) -> None:
    told = [(row.row, row.outer_id, row.plan, row.result, row.ended) for row in store.rows(journal.run)]
    assert told == [(2, "A", '{"plan": "A"}', None, None), (3, "B", '{"plan": "B"}', None, None)]


def test_many_rows_come_some_at_a_time_and_hold_no_connection(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_module, "_TOGETHER", 2)
    planned = [PlannedRow(row, f"A-{row}", "update", "{}") for row in range(1, 8) if row != 4]
    rows: list[PlannedRow | UnchangedRow] = [*planned[:3], UnchangedRow(4, "A-4", None), *planned[3:]]
    run = Journal.begin(store, Origin("weekly.xlsx"), rows, (), AT).run
    told = store.each_row(run)
    assert next(told).row == 1
    assert store.engine.pool.checkedout() == 0  # type: ignore[attr-defined]
    assert [row.row for row in told] == [2, 3, 4, 5, 6, 7]


def test_rows_that_ended_at_once_are_there_from_the_first_moment(store: Store) -> None:
    rows = [PlannedRow(2, "A", "none", ""), PlannedRow(3, "B", "update", "{}")]
    journal = Journal.begin(
        store, Origin("weekly.xlsx"), rows, [Ended(2, Result.NONE, '{"r": 1}', "A", Baseline("7"))], AT
    )
    assert [(row.row, row.result, row.ended) for row in store.rows(journal.run)] == [
        (2, Result.NONE, '{"r": 1}'),
        (3, None, None),
    ]
    assert store.baselines() == {"A": Baseline("7")}


def spelt(intent: Intent) -> tuple[str, Mapping[str, object]]:
    return intent.method, intent.params


OUTCOMES = [
    pytest.param(Settlement(STATUS_OFF, Outcome.DONE, request_id="r-1"), id="done"),
    pytest.param(Settlement(STATUS_OFF, Outcome.DONE, item_id="9"), id="done with an id"),
    pytest.param(Settlement(STATUS_OFF, Outcome.FAILED, error="15:isv.no no"), id="failed"),
    pytest.param(Settlement(STATUS_OFF, Outcome.UNKNOWN, error="no answer"), id="unknown"),
    pytest.param(Settlement(STATUS_OFF, Outcome.NOT_SENT, error="no network"), id="not sent"),
]


@pytest.mark.parametrize("settled", OUTCOMES)
def test_an_outcome_completes_its_intent(store: Store, journal: Journal, settled: Settlement) -> None:
    journal.write(Entries(intents=[STATUS_OFF, STOCK]), AT)
    journal.write(Entries(settled=[settled]), LATER)
    assert store.calls(journal.run)[2] == [
        CallRecord(STATUS_OFF.method, STATUS_OFF.params, settled.outcome, settled.request_id, settled.error)
    ]
    journal.close_open_intents(LATER)
    assert store.journal(journal.run)[2] == [
        JournalLine(settled.outcome, settled.item_id, None, LATER, True, *spelt(STATUS_OFF))
    ]


@pytest.mark.parametrize(
    ("settled", "seen"),
    [
        (Settlement(LOOK, Outcome.DONE, looked=True, seen=HELD), HELD),
        (Settlement(LOOK, Outcome.DONE, looked=True, seen={}), {}),
        (Settlement(LOOK, Outcome.DONE, looked=True, seen=None), None),
        (Settlement(LOOK, Outcome.UNKNOWN), None),
    ],
    ids=["an item", "an empty item", "no such item", "a look that was lost"],
)
def test_what_a_look_found_is_kept(store: Store, journal: Journal, settled: Settlement, seen: Item | None) -> None:
    """It changes nothing, so that nothing is written down before it leaves."""
    journal.write(Entries(settled=[settled]), LATER)
    assert store.journal(journal.run)[2] == [JournalLine(settled.outcome, None, seen, LATER, False, *spelt(LOOK))]


def test_a_look_that_only_showed_what_was_sent_is_not_kept(store: Store, journal: Journal) -> None:
    journal.write(Entries(settled=[Settlement(LOOK, Outcome.DONE, looked=True, seen=HELD, no_news=True)]), LATER)
    assert store.journal(journal.run) == {}


def test_a_call_that_was_not_sent_leaves_an_entry_and_its_step_another(store: Store, journal: Journal) -> None:
    for outcome in (Outcome.NOT_SENT, Outcome.NOT_SENT, Outcome.DONE):
        journal.write(Entries(intents=[STATUS_OFF]), AT)
        journal.write(Entries(settled=[Settlement(STATUS_OFF, outcome)]), LATER)
    told = [line.outcome for line in store.journal(journal.run)[2]]
    assert told == [Outcome.NOT_SENT, Outcome.NOT_SENT, Outcome.DONE]


def test_one_commit_settles_and_intends(store: Store, journal: Journal) -> None:
    journal.write(Entries(intents=[STATUS_OFF]), AT)
    journal.write(
        Entries(settled=[Settlement(STATUS_OFF, Outcome.DONE)], intents=[replace(STATUS_OFF, seq=1)]), LATER
    )
    assert [call.outcome for call in store.calls(journal.run)[2]] == [Outcome.DONE, Outcome.UNKNOWN]


def test_one_commit_is_all_or_nothing(store: Store, journal: Journal) -> None:
    journal.write(Entries(intents=[STATUS_OFF]), AT)
    unwritable = Intent(2, 1, "taobao.open.item.get", {"item_id": object()}, {})
    with pytest.raises(Exception, match="serialize"):
        journal.write(
            Entries(
                [Settlement(STATUS_OFF, Outcome.DONE)],
                [Ended(2, Result.DONE, "{}", "A", Baseline("7"))],
                [unwritable],
            ),
            LATER,
        )
    assert [call.outcome for call in store.calls(journal.run)[2]] == [Outcome.UNKNOWN]
    assert store.rows(journal.run)[0].ended is None
    assert store.baselines() == {}


def test_a_statement_that_fails_leaves_nothing_of_its_commit(store: Store, journal: Journal) -> None:
    journal.write(Entries(intents=[STATUS_OFF]), AT)
    with store.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE items RENAME TO lost")
    settled, ended = Settlement(STATUS_OFF, Outcome.DONE), Ended(2, Result.DONE, "{}", "A", Baseline("7"))
    with pytest.raises(StateDown):
        journal.write(Entries([settled], [ended], [STOCK]), LATER)
    assert {row: [call.outcome for call in calls] for row, calls in store.calls(journal.run).items()} == {
        2: [Outcome.UNKNOWN]
    }
    assert store.rows(journal.run)[0].ended is None
    with store.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE lost RENAME TO items")
    journal.write(Entries([settled], [ended], [STOCK]), LATER)
    assert store.baselines() == {"A": Baseline("7")}
    assert [*store.calls(journal.run)] == [2, 3]


def test_what_was_written_is_committed_before_anything_else_is_done(store: Store, journal: Journal) -> None:
    other = Store(str(store.file) if store.file else store.engine.url.render_as_string(hide_password=False), "shop")
    journal.write(Entries(intents=[STATUS_OFF]), AT)
    assert [*other.calls(journal.run)] == [2]
    other.close()


def test_a_client_library_that_knows_no_such_message_writes_too(
    store: Store, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    def has_pipeline(*, check: bool = False) -> bool:
        if check:
            raise psycopg.NotSupportedError
        return False

    psycopg = pytest.importorskip("psycopg")
    monkeypatch.setattr(psycopg.capabilities, "has_pipeline", has_pipeline)
    journal.write(Entries(intents=[STATUS_OFF]), AT)
    assert [*store.calls(journal.run)] == [2]


def test_what_a_dead_process_left_open_is_called_what_it_is(store: Store, journal: Journal) -> None:
    journal.write(Entries(intents=[STATUS_OFF, STOCK]), AT)
    # A program of before 2.2 wrote down a look before it left.
    journal.write(Entries(settled=[Settlement(STATUS_OFF, Outcome.DONE)], intents=[LOOK]), AT)
    journal.close_open_intents(LATER)
    journal.close_open_intents(LATER + timedelta(hours=1))
    assert store.journal(journal.run) == {
        2: [
            JournalLine(Outcome.DONE, None, None, AT, True, *spelt(STATUS_OFF)),
            JournalLine(Outcome.NOT_SENT, None, None, LATER, False, *spelt(LOOK)),
        ],
        3: [JournalLine(Outcome.UNKNOWN, None, None, LATER, True, *spelt(STOCK))],
    }


def test_one_runs_journal_is_not_anothers(store: Store, journal: Journal) -> None:
    journal.write(Entries(intents=[STATUS_OFF]), AT)
    journal.finish(AT)
    second = Journal.begin(store, Origin("weekly.xlsx"), [PlannedRow(2, "A", "update", "{}")], (), AT)
    second.write(Entries(intents=[STATUS_OFF]), AT)
    second.write(Entries([Settlement(STATUS_OFF, Outcome.DONE)], [Ended(2, Result.DONE, "{}", "A")]), AT)
    second.close_open_intents(AT)
    assert [call.outcome for call in store.calls(second.run)[2]] == [Outcome.DONE]
    assert store.rows(journal.run)[0].ended is None
    journal.close_open_intents(AT)
    assert [line.outcome for line in store.journal(journal.run)[2]] == [Outcome.UNKNOWN]


def test_a_run_is_finished_only_when_it_says_so(store: Store, journal: Journal) -> None:
    journal.write(Entries(ended=[Ended(2, Result.DONE, "{}", "A"), Ended(3, Result.FAILED, "{}", "B")]), AT)
    told = store.unfinished()
    assert told is not None and told.results == {Result.DONE: 1, Result.FAILED: 1}
    journal.finish(LATER)
    assert store.unfinished() is None
    assert store.run(journal.run).finished_at == LATER


def test_what_cannot_be_written_down_stops_the_run(store: Store, journal: Journal) -> None:
    with store.engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE calls")
    with pytest.raises(Refusal) as refused:
        journal.write(Entries(intents=[STATUS_OFF]), AT)
    assert (refused.value.message.code, type(refused.value)) == ("state.damaged", StateDown)


def test_a_mistake_of_our_own_is_not_told_as_the_states(journal: Journal) -> None:
    with pytest.raises(SQLAlchemyError):
        journal.finish(object())  # type: ignore[arg-type]

"""A shared state whose database is gone, full, read-only, closed to us or not whole: said in words, nothing lost."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple
from uuid import uuid4

import psycopg
import pytest
from sqlalchemy.exc import OperationalError

from sync.call import Outcome
from sync.fields import INVENTORY
from sync.sandbox.server import Sandbox
from sync.state.lease import Lease
from sync.state.store import Store
from tests.cli.conftest import Command
from tests.cli.kills import meanwhile
from tests.cli.small_shop import CODES, held, line, moving, results, write

CUT = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '{role}'"
LEASE_ENDS = "UPDATE {role}.leases SET until = clock_timestamp()"
FULL = """
CREATE FUNCTION {role}.no_room() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE 'could not extend file: No space left on device' USING ERRCODE = 'disk_full'; END $$
"""


class Trouble(NamedTuple):
    """What an administrator, or the server, does."""

    begin: tuple[str, ...]
    end: tuple[str, ...]
    stops: str
    """How the run is stopped."""
    meanwhile: str
    """What a command is told until it ends."""


TROUBLES = {
    "cut off": Trouble((CUT,), (), "state.unreachable", "run.cut_off"),
    "gone": Trouble(
        ("ALTER ROLE {role} NOLOGIN", CUT), ("ALTER ROLE {role} LOGIN",), "state.unreachable", "state.no_server"
    ),
    "read-only": Trouble(
        ("ALTER ROLE {role} SET default_transaction_read_only = on", CUT),
        ("ALTER ROLE {role} RESET default_transaction_read_only",),
        "state.unreachable",
        "state.read_only",
    ),
    "full": Trouble(
        (FULL, "CREATE TRIGGER no_room BEFORE INSERT OR UPDATE ON {role}.calls EXECUTE FUNCTION {role}.no_room()"),
        ("DROP TRIGGER no_room ON {role}.calls",),
        "state.unwritable",
        "state.unwritable",
    ),
    "closed to us": Trouble(
        ("ALTER TABLE {role}.calls OWNER TO postgres", "GRANT SELECT ON {role}.calls TO {role}"),
        ("ALTER TABLE {role}.calls OWNER TO {role}",),
        "state.forbidden",
        "state.forbidden",
    ),
    "a table is missing": Trouble(
        ("ALTER TABLE {role}.calls RENAME TO lost",),
        ("ALTER TABLE {role}.lost RENAME TO calls",),
        "state.damaged",
        "state.damaged",
    ),
    "a column is missing": Trouble(
        ("ALTER TABLE {role}.calls RENAME error TO lost",),
        ("ALTER TABLE {role}.calls RENAME lost TO error",),
        "state.damaged",
        "state.damaged",
    ),
    "no connection is left": Trouble(
        ("ALTER ROLE {role} CONNECTION LIMIT 0", CUT),
        ("ALTER ROLE {role} CONNECTION LIMIT -1",),
        "state.busy",
        "state.busy",
    ),
}


class Server:
    """The server, as its administrator sees it, with a user of our own."""

    def __init__(self, url: str) -> None:
        self._url = url
        self.role = f"staff_{uuid4().hex[:8]}"
        self.do("CREATE ROLE {role} LOGIN", "CREATE SCHEMA {role} AUTHORIZATION {role}")
        self.ours = f"{url.replace('postgres:@', f'{self.role}:@')}&options=-csearch_path%3D{self.role}"

    def do(self, *statements: str) -> None:
        with psycopg.connect(self._url, autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement.format(role=self.role).encode())


@pytest.fixture
def server(postgres_server: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    server = Server(postgres_server)
    monkeypatch.setenv("ITEMSYNC_STATE", server.ours)
    yield server
    server.do("ALTER ROLE {role} LOGIN", "DROP SCHEMA {role} CASCADE", "DROP OWNED BY {role}", "DROP ROLE {role}")


@pytest.fixture
def leases(monkeypatch: pytest.MonkeyPatch) -> list[Lease]:
    """The leases that were taken. None is renewed: whether a renewal notices first what happens, a test decides."""
    taken: list[Lease] = []
    take = Lease.take

    def note(lease: Lease) -> None:
        take(lease)
        taken.append(lease)

    monkeypatch.setattr("sync.state.lease.LEASE", timedelta(hours=1))
    monkeypatch.setattr(Lease, "take", note)
    return taken


@pytest.mark.one_in(3)
@pytest.mark.usefixtures("quick", "leases")
@pytest.mark.parametrize("kind", TROUBLES)
def test_in_mid_run_it_stops_and_is_taken_up_again(
    sheet: Path, itemsync: Command, sandbox: Sandbox, server: Server, kind: str
) -> None:
    assert itemsync("apply", sheet, "--yes").code == 0
    write(sheet, moving("A-1", 5), line("A-2", 价格=25), moving("A-3", 7))
    trouble = TROUBLES[kind]
    with meanwhile(lambda: server.do(*trouble.begin), number=2):
        ran = itemsync("apply", sheet, "--yes", "--json")
    # Whichever connection is asked for first: one of the pool that was cut off, or a new one.
    assert ran.code == 5 and ran.error in (trouble.stops, "state.unreachable")
    ran = itemsync("--lang", "en", "resume", "--json")
    assert (ran.code, ran.error) == (5, trouble.meanwhile)
    assert "resume" in ran.out or "again" in ran.out
    server.do(*trouble.end, LEASE_ENDS)
    assert itemsync("resume").code == 0
    assert [held(sandbox, code)[INVENTORY] for code in CODES] == [15, 10, 17]
    assert {*results(sheet).values()} == {"完成"}


@pytest.mark.usefixtures("quick")
def test_a_cut_that_the_lease_notices_first_loses_nothing_and_the_run_goes_on(
    sheet: Path, itemsync: Command, sandbox: Sandbox, server: Server, leases: list[Lease]
) -> None:
    """All connections are made anew then, and the run's own was not asked in between."""
    assert itemsync("apply", sheet, "--yes").code == 0
    write(sheet, moving("A-1", 5), line("A-2", 价格=25), moving("A-3", 7))

    def cut() -> None:
        server.do(CUT)
        with pytest.raises(OperationalError):
            leases[-1].renew()
        assert leases[-1].renew()

    with meanwhile(cut, number=2):
        ran = itemsync("apply", sheet, "--yes", "--json")
    assert (ran.code, sandbox.writes) == (0, 3)
    assert [held(sandbox, code)[INVENTORY] for code in CODES] == [15, 10, 17]
    assert {*results(sheet).values()} == {"完成"}
    store = Store(server.ours, "default")
    written = [call.outcome for calls in store.journal(2).values() for call in calls]
    store.close()
    assert written == [Outcome.DONE] * 3


@pytest.mark.usefixtures("quick")
def test_whoever_is_overtaken_sends_no_more_and_what_was_in_flight_is_settled(
    sheet: Path, itemsync: Command, sandbox: Sandbox, server: Server
) -> None:
    """The lease passes to another as the second call leaves: that call lands, and no other leaves after it."""
    assert itemsync("apply", sheet, "--yes").code == 0
    write(sheet, moving("A-1", 5), moving("A-2", 6), moving("A-3", 7))
    store = Store(server.ours, "default")
    new = Lease(store.engine, "default")

    def overtake() -> None:
        server.do(LEASE_ENDS)
        new.take()

    sandbox.calls.clear()
    with meanwhile(overtake, number=2):
        ran = itemsync("apply", sheet, "--yes", "--json")
    assert (ran.code, ran.error, sandbox.writes) == (5, "run.lost_lock", 2)
    assert itemsync("resume", "--json").error == "run.locked"
    new.release()
    store.close()
    assert itemsync("resume").code == 0
    assert [held(sandbox, code)[INVENTORY] for code in CODES] == [15, 16, 17]
    assert sandbox.writes == 3


@pytest.mark.parametrize("kind", ["gone", "read-only", "closed to us", "a table is missing"])
def test_before_anything_is_sent_it_is_refused_in_words(
    sheet: Path, itemsync: Command, sandbox: Sandbox, server: Server, kind: str
) -> None:
    assert itemsync("apply", sheet, "--yes").code == 0
    write(sheet, moving("A-1", 5), line("A-2"), line("A-3"))
    server.do(*TROUBLES[kind].begin)
    sandbox.calls.clear()
    ran = itemsync("apply", sheet, "--yes", "--json")
    assert (ran.code, ran.error, sandbox.writes) == (5, TROUBLES[kind].meanwhile, 0)
    server.do(*TROUBLES[kind].end)


def test_a_new_state_where_nothing_may_be_made(sheet: Path, itemsync: Command, server: Server) -> None:
    server.do("ALTER SCHEMA {role} OWNER TO postgres", "GRANT USAGE ON SCHEMA {role} TO {role}")
    ran = itemsync("--lang", "en", "plan", sheet, "--json")
    assert (ran.code, ran.error) == (2, "state.forbidden")
    assert "GRANT" in ran.json["error"]["message"]


def test_an_address_where_nobody_answers_hides_its_password(sheet: Path, itemsync: Command) -> None:
    place = "postgresql://staff:sesam-open@127.0.0.1:9/itemsync"
    ran = itemsync("--state", place, "--lang", "en", "plan", sheet, "--json")
    assert (ran.code, ran.error) == (5, "state.no_server")
    assert "sesam-open" not in ran.out + ran.err and "127.0.0.1:9/itemsync" in ran.out

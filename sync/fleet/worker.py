"""A worker: takes orders from the queue, one thread each, until it is asked to end.

It may die, sleep or be cut off at any moment. Then others take its orders up (`dispatch.py`), and the lease keeps it
from doing anything more when it wakes.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from importlib.metadata import version
from secrets import token_urlsafe
from types import FrameType
from typing import NamedTuple

from procrastinate import App
from procrastinate.exceptions import ConnectorException
from sqlalchemy import DateTime, Engine, delete, func
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import SQLAlchemyError

from sync.errors import Refusal
from sync.fleet.at_work import AtWork
from sync.fleet.dispatch import FORGOTTEN_AFTER, HEARTBEAT, PERIOD, dispatch
from sync.fleet.engine import Order, Task, connector, defer
from sync.service.stopping import Stop
from sync.state.fleet_tables import WORKERS

Work = Callable[[Order, Stop], None]
"""Does what an order asks for, until it is done or asked for a clean stop. It may be called twice for the
same order, and finds out from our tables what is left to do."""

_DISPATCH = "dispatch.1"


class Rhythm(NamedTuple):
    """Seconds."""

    slice: float = 20.0
    """So long a run goes on while others wait."""
    pulse: float = 1.0
    """Between two looks at what is in hand."""
    dispatch: int = PERIOD
    """Between two rounds of `dispatch`."""
    again: float = 1.0
    """Before the queue is asked again after the database was away."""


USUAL = Rhythm()


class Worker:
    """One process that works for a fleet."""

    def __init__(
        self,
        engine: Engine,
        works: Mapping[Task, Work],
        concurrency: int,
        on_defect: Callable[[Exception], object] = lambda _: None,
        rhythm: Rhythm = USUAL,
    ) -> None:
        """`works`: what this program does for each task; `concurrency`: how many orders at once.

        `on_defect`: told of what the program itself did wrong.
        """
        self.id = token_urlsafe(9)
        self._engine = engine
        self._works = works
        self._concurrency = concurrency
        self._on_defect = on_defect
        self._rhythm = rhythm
        self._at_work = AtWork(rhythm.slice)
        self._ending = threading.Event()
        self._wake: Callable[[], object] = lambda: None

    def run(self) -> None:
        """Work until `end` is called, or SIGTERM or SIGINT comes; a second signal kills.

        Returns when what was in hand has ended cleanly and is handed back. Raises SQLAlchemyError, ConnectorException
        where there is no database to begin with.
        """
        _quiet()
        self._show()
        keeper = threading.Thread(target=self._keep, name="keeper", daemon=True)
        keeper.start()
        try:
            # psycopg doesn't work with the other loop that Windows has.
            with _on_signals(self.end), asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
                runner.run(self._serve())
        finally:
            self._ending.set()
            keeper.join()
            with suppress(SQLAlchemyError), self._engine.begin() as connection:
                connection.execute(delete(WORKERS).where(WORKERS.c.id == self.id))

    def end(self) -> None:
        """Take no more orders, and hand back those in hand. Returns at once; from any thread."""
        self._ending.set()
        self._at_work.close()
        self._wake()

    async def _serve(self) -> None:
        loop, ended = asyncio.get_running_loop(), asyncio.Event()
        loop.set_default_executor(ThreadPoolExecutor(self._concurrency + 2))
        loop.set_exception_handler(self._unheard)
        self._wake = lambda: loop.call_soon_threadsafe(ended.set)
        if self._ending.is_set():
            return
        apps = self._apps()
        async with apps[0].open_async():
            serving = [
                asyncio.create_task(self._take(apps[0], [task.queue for task in self._works], self._concurrency)),
                # On its own: a round never waits until a run has ended.
                asyncio.create_task(self._take(apps[1], [_DISPATCH], 1)),
            ]
            for one in serving:
                # What nobody foresaw ends the worker: whoever started it starts it again.
                one.add_done_callback(lambda _: ended.set())
            await ended.wait()
            self.end()
            for one in serving:
                one.cancel()
            for outcome in await asyncio.gather(*serving, return_exceptions=True):
                if isinstance(outcome, Exception):
                    raise outcome

    async def _take(self, app: App, queues: Sequence[str], at_once: int) -> None:
        """Take orders of some queues until this worker ends and this is cancelled.

        It ends by itself where the database was away, or where this process slept so long that others count it as
        dead: then it begins again, under a new number.
        """
        # Asked each time: the engine may raise what came of the database in place of the cancellation.
        while not self._ending.is_set():
            with suppress(ConnectorException):
                await app.run_worker_async(
                    queues=queues,
                    concurrency=at_once,
                    delete_jobs="always",
                    install_signal_handlers=False,
                    update_heartbeat_interval=HEARTBEAT,
                    stalled_worker_timeout=FORGOTTEN_AFTER.total_seconds(),
                )
            await asyncio.sleep(self._rhythm.again)

    def _apps(self) -> tuple[App, App]:
        """Return the queue's own side of what this worker does: for shops, and for all of them together."""
        way = connector(self._engine)
        shops, rounds = App(connector=way), App(connector=way)
        for task in self._works:
            shops.task(name=task, queue=task.queue)(self._doing(task))
        # No lock, which a dead worker would keep; what waits already stands for the next round, too.
        round_ = rounds.task(name="dispatch", queue=_DISPATCH, queueing_lock="dispatch")(self._dispatch)
        rounds.periodic(cron=f"* * * * * */{self._rhythm.dispatch}")(round_)
        return shops, rounds

    def _dispatch(self, timestamp: int) -> None:
        with self._guarded():
            dispatch(self._engine)

    def _doing(self, task: Task) -> Callable[..., None]:
        def do(shop: str, job: str | None = None) -> None:
            self._do(Order(task, shop, job))

        return do

    def _do(self, order: Order) -> None:
        with self._at_work.assignment(order) as mine:
            if not mine.handed_back:
                with self._guarded():
                    self._works[order.task](order, mine.stop)
            if mine.handed_back:
                with self._guarded(), self._engine.begin() as connection:
                    defer(connection, order)

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        """Let nothing through: the queue would write down a traceback. What is left to do stands in our tables."""
        try:
            yield
        except (Refusal, SQLAlchemyError):
            # Mostly somebody else is at work for the shop, or the database is away: it comes again.
            pass
        except Exception as error:  # noqa: BLE001 - there is nobody else to hear of it
            self._on_defect(error)

    def _unheard(self, _: asyncio.AbstractEventLoop, context: Mapping[str, object]) -> None:
        """Hear what a thread couldn't tell: mostly that its order was taken from it meanwhile; that is well."""
        error = context.get("exception")
        if isinstance(error, Exception) and not isinstance(error, ConnectorException):
            self._on_defect(error)

    def _keep(self) -> None:
        """Look after what is in hand, and show that this worker is there."""
        rests = 0.0
        while not self._ending.wait(self._rhythm.pulse):
            rests += self._rhythm.pulse
            with suppress(SQLAlchemyError):
                with self._engine.connect() as connection:
                    self._at_work.look(connection)
                if rests >= HEARTBEAT:
                    rests = 0.0
                    self._show()

    def _show(self) -> None:
        now = func.clock_timestamp(type_=DateTime(timezone=True))
        known = {"host": socket.gethostname(), "pid": os.getpid(), "version": version("itemsync")}
        values = {"id": self.id, **known, "concurrency": self._concurrency, "since": now, "seen_at": now}
        with self._engine.begin() as connection:
            new = insert(WORKERS).values(values)
            connection.execute(new.on_conflict_do_update(index_elements=["id"], set_={"seen_at": now}))


@contextmanager
def _on_signals(end: Callable[[], None]) -> Iterator[None]:
    """Call `end` at the first SIGTERM or SIGINT; the next one kills. Does nothing outside of the main thread."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def first(number: int, _: FrameType | None) -> None:
        for one in before:
            signal.signal(one, signal.SIG_DFL)
        end()

    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    for number in before:
        signal.signal(number, first)
    try:
        yield
    finally:
        for number, was in before.items():
            signal.signal(number, was)


def _quiet() -> None:
    """Keep the log of the engine and its connections to themselves: what matters of it is in our tables."""
    for name in ("procrastinate", "psycopg"):
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)

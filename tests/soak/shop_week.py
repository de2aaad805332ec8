"""A small shop and a sheet with one of each kind of work, over real HTTP; and what must be true once it is done."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import func, update

from sync.apply.answers import open_questions
from sync.apply.run import results_of
from sync.cli import run
from sync.fields import INVENTORY, OUTER_ID, PRICE, STATUS
from sync.item import Status
from sync.sandbox.server import Sandbox
from sync.state.store import Store
from sync.state.tables import LEASES
from tests.cli.small_shop import goods, item_id, line, moving, new_line, rows, write
from tests.soak.dying import MARK, NEVER
from tests.soak.history_shop import HistoryShop
from tests.soak.truth import Span, as_item, check_codes, check_run

ROOT = Path(__file__).parents[2]
TOOL = "the tool"
HELD = ("A-1", "A-2", "A-3", "A-4", "A-5", "A-6", "A-7")
MOVES: Mapping[str, int] = {"A-3": 5, "A-4": -2}
WANTED: Mapping[str, tuple[int, int, Status]] = {
    "A-1": (2500, 10, Status.INACTIVE),
    "A-2": (2000, 4, Status.ACTIVE),
    "A-3": (2000, 15, Status.ACTIVE),
    "A-4": (2100, 8, Status.ACTIVE),
    "A-5": (2000, 25, Status.ACTIVE),
    "A-7": (2000, 10, Status.ACTIVE),
    "B-1": (3000, 5, Status.INACTIVE),
    "B-2": (3000, 0, Status.INACTIVE),
}
"""Code → price in fen, stock, status; A-6 is deleted."""


class ShopWeek:
    """The shop, the sheet, and commands upon them."""

    def __init__(self, folder: Path, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.shop = HistoryShop()
        self.shop.load(map(goods, HELD))
        self.shop.who = TOOL
        sandbox.shop = self.shop
        self.sheet = write(
            folder / "weekly.xlsx",
            line("A-1", 价格=25, 目标状态="下架"),
            line("A-2", 库存=4),
            moving("A-3", 5),
            {**moving("A-4", -2), "价格": 21},
            line("A-5", 库存=25),
            line("A-6", 目标状态="删除"),
            line("A-7"),
            new_line("B-1", 库存=5, 目标状态="下架"),
            new_line("B-2", 库存=0),
        )
        self.began = self.shop.tick
        self.state = os.environ["ITEMSYNC_STATE"]

    def itemsync(self, *args: str) -> int:
        """Run one command in this process."""
        self._let_leases_end()
        return run(args)

    def _let_leases_end(self) -> None:
        """Let as much time pass as a dead process's lease of a shared state lasts."""
        if "://" in self.state:
            with self.store() as store, store.engine.begin() as connection:
                connection.execute(update(LEASES).values(until=func.clock_timestamp()))

    def process(self, point: str, *command: str) -> subprocess.Popen[str]:
        """Start a `command`, else `apply`, in a process of its own that dies at `point`."""
        self._let_leases_end()
        apply = ("apply", str(self.sheet), "--yes", "--allow-delete", "--force", "all")
        return subprocess.Popen(
            [sys.executable, "-m", "tests.soak.dying", point, *(command or apply)],
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )

    def points(self) -> list[str]:
        """Apply, and return all points that were passed."""
        with self.process(NEVER) as process:
            _, told = process.communicate()
        assert process.returncode == 0, told
        return [text.removeprefix(MARK) for text in told.splitlines() if text.startswith(MARK)]

    @contextmanager
    def store(self) -> Iterator[Store]:
        """The state, while no command works on it."""
        store = Store(self.state, "default")
        try:
            yield store
        finally:
            store.close()

    def resume(self) -> None:
        """`itemsync resume`, and check that all that it says is so."""
        self.itemsync("resume")
        with self.store() as store:
            assert store.unfinished() is None
            for one in store.runs():
                check_run(store, one.id, self.shop, Span(TOOL, self.began, self.shop.tick))
                self._told_in_sheet(store, one.id)

    def _told_in_sheet(self, store: Store, run_number: int) -> None:
        """The staff's own file says of every row what state says."""
        sheet = rows(self.sheet)
        for result in results_of(store, run_number):
            said = sheet[result.outer_id]
            assert said["同步结果"] == result.result.words("zh"), (result.outer_id, said)
            assert said["商品ID"] == (result.item_id or said["商品ID"])
            if result.change_applied is not None:
                assert said["库存增减"] is None

    def finish(self) -> None:
        """Answer what is asked with what is so, apply the rest, and compare the shop with the sheet."""
        with self.store() as store:
            asked = list(open_questions(store))
        for code in asked:
            word = "happened" if self.moved(code) else "not"
            assert self.itemsync("resume", "--answer", f"{code}={word}") == 0
        self.itemsync("apply", str(self.sheet), "--yes", "--allow-delete", "--force", "all")
        check_codes(self.shop)
        for code, by in MOVES.items():
            assert self.moved(code) == [by]
        held = {item[OUTER_ID]: item for item in map(as_item, self.shop.documents())}
        assert {code: (i[PRICE], i[INVENTORY], i[STATUS]) for code, i in held.items()} == WANTED

    def moved(self, code: str) -> list[int]:
        """The moves that the stock of an item has seen."""
        events = self.shop.events(item_id(code), self.began)
        return [event.moved for event in events if event.moved]


@contextmanager
def variables(sandbox: Sandbox, folder: Path, **more: str) -> Iterator[None]:
    """Point the commands, also those of processes to come, at the sandbox and at a folder of their own."""
    before = dict(os.environ)
    for name in [name for name in os.environ if name.startswith("ITEMSYNC_")]:
        del os.environ[name]
    os.environ |= {
        # Only lost calls are waited for: no reading lags here.
        "ITEMSYNC_SETTLE": "0",
        "ITEMSYNC_GATEWAY": sandbox.gateway,
        "ITEMSYNC_APP_KEY": sandbox.app_key,
        "ITEMSYNC_APP_SECRET": sandbox.app_secret,
        "ITEMSYNC_SESSION": sandbox.session,
        "ITEMSYNC_STATE": str(folder / "state.db"),
        "ITEMSYNC_LANG": "zh",
        "XDG_DATA_HOME": str(folder / "data"),
        "XDG_CONFIG_HOME": str(folder / "config"),
        **more,
    }
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)

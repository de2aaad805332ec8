"""The command as a person types it, against a sandbox over real HTTP."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from functools import cache, lru_cache
from pathlib import Path
from typing import NamedTuple

import pytest
import typer.main

from sync.cli import run
from sync.sandbox.document import Document
from sync.sandbox.faults import Faults
from sync.sandbox.server import Sandbox
from sync.sandbox.shop import OpenItemShop
from sync.service.context import Context
from tests.cli.small_shop import CODES, Json, Line, goods, line, write
from tests.clocks import SkippingClock
from tests.disk import no_syncing
from tests.schemas import validate

__all__ = ["no_syncing"]

SHEET, STATE = "weekly.xlsx", "state.db"


class CommandResult(NamedTuple):
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Json:
        """The one document on standard output; raises ValueError for anything beside it, and for another shape."""
        _hold_to_its_schema(self.out)
        document: Json = json.loads(self.out)
        return document

    @property
    def error(self) -> str:
        """The code of the error that the document tells."""
        return str(self.json["error"]["code"])


@lru_cache(maxsize=4)
def _hold_to_its_schema(out: str) -> None:
    """Raise ValidationError for another shape; a test that asks for the same document again has it looked at once."""
    validate(json.loads(out))


built = cache(typer.main.get_command)
real_clock = Context.clock

Command = Callable[..., CommandResult]
"""`itemsync("apply", sheet, "--yes")`."""
Begun = Callable[[Sequence[Line]], Path]


@pytest.fixture(scope="session")
def platform() -> Iterator[Sandbox]:
    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(platform: Sandbox) -> Sandbox:
    """The platform, with the items of `CODES` and nobody's calls yet."""
    platform.shop, platform.faults = _shop(), Faults()
    platform.calls.clear()
    return platform


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """A command's pauses, such as that for a lost call to settle, cost no time."""
    clock = SkippingClock().of_runs
    monkeypatch.setattr(Context, "clock", property(lambda _: clock))


@pytest.fixture
def real_time(no_waiting: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands wait for real, where the platform's own clock has to go on."""
    monkeypatch.setattr(Context, "clock", real_clock)


@pytest.fixture
def folder(tmp_path: Path, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder to work in: all settings come from variables, and everything that is kept is kept here."""
    settle_in(tmp_path, sandbox, monkeypatch)
    return tmp_path


@pytest.fixture
def itemsync(folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Command:
    """Run one command in this process; no terminal, as in a script."""
    # A process builds its command line once; hundreds of them are most of the time that these tests would take.
    monkeypatch.setattr("typer.main.get_command", built)

    def command(*args: object) -> CommandResult:
        capsys.readouterr()
        code = run([str(arg) for arg in args])
        return CommandResult(code, *capsys.readouterr())

    return command


@pytest.fixture
def quick(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits long for an answer; and there is one connection, so that rows share batches."""
    monkeypatch.setenv("ITEMSYNC_TIMEOUT", "1")
    monkeypatch.setenv("ITEMSYNC_CONNECTIONS", "1")


@pytest.fixture(scope="session")
def never_synced(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sheet that says what the platform holds."""
    return write(tmp_path_factory.mktemp("sheet") / SHEET, *map(line, CODES))


@pytest.fixture
def sheet(never_synced: Path, folder: Path) -> Path:
    """A sheet that says what the platform holds, never synced."""
    return Path(shutil.copy(never_synced, folder))


@pytest.fixture(scope="session")
def first_sync(platform: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the first sync was made, once for all tests that begin after it."""
    place = tmp_path_factory.mktemp("first-sync")
    platform.shop, platform.faults = _shop(), Faults()
    sheet = write(place / SHEET, *map(line, CODES))
    with pytest.MonkeyPatch.context() as patch:
        settle_in(place, platform, patch)
        assert run(["apply", str(sheet), "--yes"]) == 0
    return place


@pytest.fixture
def synced(first_sync: Path, folder: Path) -> Path:
    """The same sheet after its first sync: everything is in sync and remembered, as run 1."""
    for name in (SHEET, STATE):
        shutil.copy(first_sync / name, folder)
    return _moved(folder)


class Beginning(NamedTuple):
    """What a first run left: the sheet, the state, and what the platform holds."""

    files: Mapping[str, bytes]
    documents: Sequence[Document]


@pytest.fixture(scope="session")
def beginnings() -> dict[str, Beginning]:
    """What first runs left, by what their sheets said."""
    return {}


@pytest.fixture
def begun(folder: Path, sandbox: Sandbox, itemsync: Command, beginnings: dict[str, Beginning]) -> Begun:
    """`begun(lines)`: a sheet with these rows after its first run, which is made once for all tests that begin so."""

    def begin(lines: Sequence[Line]) -> Path:
        key = repr((lines, sandbox.shop.documents()))
        if key not in beginnings:
            assert itemsync("apply", write(folder / SHEET, *lines), "--yes").code == 0
            files = {name: (folder / name).read_bytes() for name in (SHEET, STATE)}
            beginnings[key] = Beginning(files, sandbox.shop.documents())
        first = beginnings[key]
        for name, content in first.files.items():
            (folder / name).write_bytes(content)
        sandbox.shop.load(first.documents)
        sandbox.calls.clear()
        return _moved(folder)

    return begin


def _moved(folder: Path) -> Path:
    """Let a state know that its sheet is in this folder now."""
    with closing(sqlite3.connect(folder / STATE)) as state, state:
        for change in ("UPDATE runs SET sheet = ?", "UPDATE sheets SET place = ?"):
            state.execute(change, [str(folder.resolve() / SHEET)])
        # Some tests have a sandbox of their own: the first that is used is the shop's.
        state.execute("DELETE FROM shops")
    return folder / SHEET


def _shop() -> OpenItemShop:
    shop = OpenItemShop()
    shop.load(map(goods, CODES))
    return shop


def settle_in(folder: Path, sandbox: Sandbox, patch: pytest.MonkeyPatch) -> None:
    """Make `folder` the place of everything that is kept, and `sandbox` the gateway."""
    for name in [name for name in os.environ if name.startswith("ITEMSYNC_")]:
        patch.delenv(name)
    settings = {
        "ITEMSYNC_GATEWAY": sandbox.gateway,
        "ITEMSYNC_APP_KEY": sandbox.app_key,
        "ITEMSYNC_APP_SECRET": sandbox.app_secret,
        "ITEMSYNC_SESSION": sandbox.session,
        "ITEMSYNC_STATE": str(folder / STATE),
        "ITEMSYNC_LANG": "zh",
        # Nobody waits: the sandbox has no copies that lag behind, unless it is told to.
        "ITEMSYNC_SETTLE": "0",
        # Where the reports go, and the settings file is looked for.
        "XDG_DATA_HOME": str(folder / "data"),
        "XDG_CONFIG_HOME": str(folder / "config"),
        "COLUMNS": "120",
    }
    for name, value in settings.items():
        patch.setenv(name, value)
    patch.chdir(folder)

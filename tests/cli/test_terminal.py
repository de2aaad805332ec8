"""At a terminal there are colours, a question, and an answer: a real process on a pseudo-terminal."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from select import select
from time import monotonic

import pytest

from sync.call import Op
from sync.fields import INVENTORY, PRICE
from sync.sandbox.server import Sandbox
from tests.cli.conftest import Command
from tests.cli.kills import killed
from tests.cli.small_shop import held, item_id, line, moving, row, type_in, write

pty = pytest.importorskip("pty", reason="Windows has no pseudo-terminals")
termios = pytest.importorskip("termios")

PATIENCE = 60
"""Seconds."""


class Terminal:
    """What a person at the terminal sees and types."""

    def __init__(self, terminal: int, process: subprocess.Popen[bytes]) -> None:
        self.seen = ""
        self._terminal = terminal
        self._process = process

    def wait_for(self, text: str) -> None:
        """Read until `text` is on the screen."""
        until = monotonic() + PATIENCE
        while text not in self.seen:
            assert self._read(until - monotonic()), f"{text} never came:\n{self.seen}"

    def wait_until_unseen(self) -> None:
        """Wait until what is typed isn't shown any more: what is typed before that is thrown away."""
        until = monotonic() + PATIENCE
        while termios.tcgetattr(self._terminal)[3] & termios.ECHO:
            assert monotonic() < until, f"nobody asks for anything:\n{self.seen}"
            self._read(0.01)

    def type(self, text: str) -> None:
        os.write(self._terminal, text.encode())

    def press_ctrl_c(self) -> None:
        """Press until it is heard, as a person does: just before the program begins to read, a signal is not."""
        while self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(1)

    def read_all(self) -> None:
        """Read until the process has ended."""
        until = monotonic() + PATIENCE
        while self._read(until - monotonic()):
            pass

    def _read(self, patience: float) -> bool:
        readable, _, _ = select([self._terminal], [], [], max(0.0, patience))
        if not readable:
            return False
        try:
            data = os.read(self._terminal, 65536)
        except OSError:  # Linux says so when the other side has gone.
            return False
        self.seen += data.decode(errors="replace")
        return bool(data)


@contextmanager
def at_a_terminal(args: Sequence[object], code: int) -> Iterator[Terminal]:
    """Run `itemsync` at a terminal of its own; it must end with `code`."""
    ours, theirs = pty.openpty()
    environment = {**os.environ, "TERM": "xterm-256color"}
    environment.pop("NO_COLOR", None)
    command = [sys.executable, "-m", "sync", *map(str, args)]
    with subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, env=environment) as process:
        os.close(theirs)
        terminal = Terminal(ours, process)
        try:
            yield terminal
            terminal.read_all()
            assert process.wait(PATIENCE) == code, terminal.seen
        finally:
            process.kill()
            os.close(ours)


@pytest.fixture
def dearer(synced: Path) -> Path:
    """A sheet with one price to change."""
    type_in(synced, "A-1", "价格", 25)
    return synced


def test_yes_carries_out_what_was_shown(dearer: Path, sandbox: Sandbox) -> None:
    with at_a_terminal(["apply", dearer], 0) as terminal:
        terminal.wait_for("[y/N]")
        assert "¥25.00" in terminal.seen
        assert "\x1b[" in terminal.seen, "colours"
        assert held(sandbox, "A-1")[PRICE] == 2000
        terminal.type("y\n")
    assert held(sandbox, "A-1")[PRICE] == 2500
    assert row(dearer, "A-1")["同步结果"] == "完成"


def test_what_was_sold_while_a_person_read_the_preview(synced: Path, sandbox: Sandbox) -> None:
    type_in(synced, "A-1", "库存", 15)
    with at_a_terminal(["apply", synced], 0) as terminal:
        terminal.wait_for("[y/N]")
        sandbox.shop.sell(item_id("A-1"), 3)
        terminal.type("y\n")
    assert held(sandbox, "A-1")[INVENTORY] == 15


def test_no_does_nothing(dearer: Path, sandbox: Sandbox) -> None:
    before = dearer.read_bytes()
    with at_a_terminal(["apply", dearer], 0) as terminal:
        terminal.wait_for("[y/N]")
        terminal.type("n\n")
        terminal.wait_for("没有执行任何改动")
    assert sandbox.writes == 0
    assert dearer.read_bytes() == before


@pytest.mark.parametrize("undoes", [False, True])
def test_nobody_waits_for_a_reader_and_a_run_that_came_between_is_told(
    dearer: Path, sandbox: Sandbox, itemsync: Command, *, undoes: bool
) -> None:
    if undoes:
        assert itemsync("apply", dearer, "--yes").code == 0
        type_in(dearer, "A-2", "价格", 21)
    with at_a_terminal(["undo", "2"] if undoes else ["apply", dearer], 5) as terminal:
        terminal.wait_for("[y/N]")
        assert itemsync("apply", dearer, "--yes").code == 0
        sandbox.calls.clear()
        terminal.type("y\n")
        terminal.wait_for(f"第 {3 if undoes else 2} 次运行已经执行过了")
    assert sandbox.writes == 0


def test_a_run_that_goes_on_at_the_consent_is_waited_for(dearer: Path, sandbox: Sandbox, itemsync: Command) -> None:
    with at_a_terminal(["apply", dearer], 5) as terminal:
        terminal.wait_for("[y/N]")
        with killed():
            itemsync("apply", dearer, "--yes")
        sandbox.calls.clear()
        terminal.type("y\n")
        terminal.wait_for("itemsync resume")
    assert sandbox.writes == 0


def test_ctrl_c_at_the_question_does_nothing(dearer: Path, sandbox: Sandbox, itemsync: Command) -> None:
    with at_a_terminal(["apply", dearer], 130) as terminal:
        terminal.wait_for("[y/N]")
        terminal.press_ctrl_c()
    assert "Traceback" not in terminal.seen
    assert sandbox.writes == 0
    assert itemsync("apply", dearer, "--yes").code == 0


@pytest.mark.usefixtures("quick")
def test_resume_asks_about_what_nobody_could_settle(synced: Path, sandbox: Sandbox, itemsync: Command) -> None:
    write(synced, moving("A-1", 5), line("A-2"), line("A-3"))
    with killed(lambda call: call.op is Op.STOCK):
        itemsync("apply", synced, "--yes")
    with at_a_terminal(["resume"], 1) as terminal:
        terminal.wait_for("直接回车")
        assert "itemsync resume --answer A-1=happened" in terminal.seen
        terminal.type("说不\n")
        terminal.wait_for("看不懂")
        terminal.type("没做成\n")
    assert itemsync("apply", synced, "--yes").code == 0
    assert held(sandbox, "A-1")[INVENTORY] == 15

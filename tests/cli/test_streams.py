"""Consoles that can't show every sign, readers that go away, and words that would take hold of the terminal."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from sync.cli import run
from sync.cli.streams import Outlet
from sync.fields import PRICE
from sync.sandbox.server import Sandbox
from tests.cli.conftest import Command
from tests.cli.small_shop import held, item_id, line, results, type_in, write

PATIENCE = 60
"""Seconds."""
HOSTILE = "\x1b[31m\x1b]8;;http://x\x07\x1b]52;c;eA==\x07\x9b2J\u202e甲\u2066\u200e\x85"
TAKES_HOLD = set("\x1b\x07\x9b\x85\u202e\u2066\u200e")


def process(args: Sequence[object], encoding: str = "utf-8", /, **streams: Any) -> subprocess.CompletedProcess[bytes]:
    environment = {**os.environ, "PYTHONIOENCODING": encoding}
    command = [sys.executable, "-m", "sync", *map(str, args)]
    usual: dict[str, Any] = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.run(command, env=environment, timeout=PATIENCE, check=False, **usual | streams)


@pytest.fixture
def dearer(synced: Path) -> Path:
    """A sheet with one price to change, and a title that no Chinese console can show."""
    type_in(synced, "A-1", "价格", 25)
    type_in(synced, "A-2", "标题", "✨新款👩\u200d🔧 ₿")
    return synced


# --- signs that a stream hasn't -----------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["gbk:strict", "ascii", "cp437", "shift_jis", "utf-16", "gbk"])
def test_a_plan_is_shown_on_any_console(dearer: Path, monkeypatch: pytest.MonkeyPatch, encoding: str) -> None:
    name, _, errors = encoding.partition(":")
    shown = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(shown, name, errors or None, write_through=True))
    assert run(["plan", str(dearer)]) == 0
    told = shown.getvalue().decode(name)
    assert "25.00" in told
    if encoding == "gbk":
        assert "￥25.00" in told


def test_a_run_goes_through_whatever_the_log_can_show(dearer: Path, sandbox: Sandbox) -> None:
    with Path("log.txt").open("wb") as log:
        ran = process(["apply", dearer, "--yes"], "gbk", stdout=log, stderr=log)
    assert ran.returncode == 0, Path("log.txt").read_bytes()
    assert held(sandbox, "A-1")[PRICE] == 2500
    assert results(dearer)["A-2"] == "完成"


def test_json_loses_nothing_on_a_console_that_lacks_signs(dearer: Path) -> None:
    ran = process(["plan", dearer, "--json"], "gbk")
    changes = [change for row in json.loads(ran.stdout.decode("gbk"))["rows"] for change in row["changes"]]
    assert "✨新款👩\u200d🔧 ₿" in [change["to"] for change in changes]


# --- readers that go away -----------------------------------------------------------------------------------------


def closed(stream: int) -> Callable[[], None]:
    return lambda: os.close(stream)


@pytest.mark.one_in(2)
@pytest.mark.skipif(os.name == "nt", reason="closes a stream as a POSIX shell does")
@pytest.mark.parametrize(
    ("streams", "json_too"), [((1,), ()), ((2,), ()), ((1, 2), ("--json",)), ((0, 1, 2), ())], ids=str
)
def test_a_run_with_closed_streams_goes_through(
    dearer: Path, sandbox: Sandbox, streams: tuple[int, ...], json_too: tuple[str, ...]
) -> None:
    """As `apply --yes >&-` does."""

    def close() -> None:
        for stream in streams:
            os.close(stream)

    command = [sys.executable, "-m", "sync", "apply", str(dearer), "--yes", *json_too]
    ran = subprocess.run(command, preexec_fn=close, timeout=PATIENCE, check=False)
    assert ran.returncode == 0
    assert held(sandbox, "A-1")[PRICE] == 2500
    assert results(dearer)["A-1"] == "完成"


@pytest.mark.parametrize(("stream", "json_too"), [("stdout", ("--json",)), ("stderr", ())])
def test_a_run_whose_reader_has_gone_goes_through(
    dearer: Path, sandbox: Sandbox, stream: str, json_too: tuple[str, ...]
) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    try:
        ran = process(["apply", dearer, "--yes", *json_too], **dict.fromkeys([stream], writer))
    finally:
        os.close(writer)
    assert ran.returncode == 0, ran
    assert held(sandbox, "A-1")[PRICE] == 2500
    assert results(dearer)["A-1"] == "完成"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a disk that is full")
@pytest.mark.parametrize("json_too", [(), ("--json",)], ids=["words", "json"])
def test_a_full_disk_is_told_once_the_run_is_done(dearer: Path, sandbox: Sandbox, json_too: tuple[str, ...]) -> None:
    with Path("/dev/full").open("wb") as full:
        ran = process(["apply", dearer, "--yes", *json_too], stdout=full)
    assert ran.returncode == 1
    assert "没能写完" in ran.stderr.decode()
    assert held(sandbox, "A-1")[PRICE] == 2500


class _Torn(io.StringIO):
    def write(self, text: str) -> int:
        raise ValueError("I/O operation on closed file")

    def flush(self) -> None:
        raise OSError(5, "gone")


def test_a_stream_that_fails_in_any_way_is_no_trouble() -> None:
    outlet = Outlet(_Torn())
    assert outlet.write("text") == 4
    outlet.flush()
    assert outlet.lost is not None
    assert not outlet.isatty()
    other = Outlet(_Torn())
    other.flush()
    assert isinstance(other.lost, OSError)


# --- words that would take hold of the terminal -------------------------------------------------------------------


@pytest.fixture
def hostile(sandbox: Sandbox, folder: Path) -> Path:
    """A sheet whose first item the platform holds under a hostile title, and whose second has one."""
    sandbox.shop.modify(item_id("A-1"), json.dumps({"_sys": {"title": HOSTILE}}))
    sandbox.shop.modify(item_id("A-3"), json.dumps({"_sys": {"title": "一\n完成 12"}}))
    return write(
        folder / f"甲\u202e{'.xlsx'}", line("A-1"), line("A-2", 标题="\x9b2J\u202e甲\u2066\u200e\x85"), line("A-3")
    )


@pytest.mark.one_in(3)
@pytest.mark.parametrize(
    "args",
    [
        ["check", "SHEET"], ["plan", "SHEET"], ["apply", "SHEET", "--yes"], ["plan", HOSTILE],
        ["check", f"{HOSTILE}.xlsx"], ["plan", "SHEET", f"--only={HOSTILE}"], [HOSTILE], ["plan", f"--{HOSTILE}"],
        ["apply", "SHEET", f"--force={HOSTILE}"],
        [f"--profile={HOSTILE}", "plan", "SHEET"], [f"--config={HOSTILE}", "plan", "SHEET"],
        [f"--log=/no/{HOSTILE}", "plan", "SHEET"], ["resume", f"--answer={HOSTILE}=perhaps"], ["show", HOSTILE],
        ["pull", f"{HOSTILE}.csv"], ["sandbox", f"--faults={HOSTILE}"], ["sandbox", f"--seed={HOSTILE}"],
        ["watch", "SHEET", f"--every={HOSTILE}"], ["template", f"/no/{HOSTILE}.xlsx"], ["demo", "--dir", HOSTILE],
    ],
    ids=lambda args: " ".join(args).replace(HOSTILE, "!"),
)  # fmt: skip
@pytest.mark.parametrize("json_too", [(), ("--json",)], ids=["words", "json"])
def test_no_word_takes_hold_of_the_terminal(
    itemsync: Command, hostile: Path, args: list[str], json_too: tuple[str, ...]
) -> None:
    (hostile.parent / HOSTILE.replace("/", "")).touch()
    ran = itemsync(*[hostile.name if arg == "SHEET" else arg for arg in args], *json_too)
    assert not TAKES_HOLD & set(ran.out + ran.err)
    assert ran.out + ran.err
    assert ran.code in {0, 1, 2, 3}


def test_a_run_and_its_story_are_legible_everywhere(itemsync: Command, hostile: Path) -> None:
    assert itemsync("apply", hostile, "--yes", "--report", "report").code in {0, 1}
    for args in (["history"], ["show", "1"], ["show", "1", "--json"], ["undo", "1"], ["pull", "new.xlsx"]):
        ran = itemsync(*args)
        assert not TAKES_HOLD & set(ran.out + ran.err)
    page = Path("report/run-1.html").read_text(encoding="utf-8")
    assert not TAKES_HOLD & set(page)
    assert "U+202E" in page


def test_a_line_break_in_a_name_makes_no_line_of_ours(itemsync: Command, folder: Path) -> None:
    ran = itemsync("plan", folder / "a\n完成 12.xlsx")
    assert (ran.code, ran.err.count("\n")) == (2, 1)


def test_the_log_is_legible_and_loses_nothing(itemsync: Command, sheet: Path, sandbox: Sandbox) -> None:
    sandbox.shop.modify(item_id("A-1"), json.dumps({"_sys": {"outerId": HOSTILE}}))
    itemsync("--log", "calls.jsonl", "plan", sheet)
    text = Path("calls.jsonl").read_text(encoding="utf-8")
    assert text
    assert not TAKES_HOLD & set(text)

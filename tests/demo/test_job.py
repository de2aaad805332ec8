"""The demo's week, from end to end, over real HTTP: what issue 2 asks to be shown."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from decimal import Decimal
from io import StringIO
from pathlib import Path

import pytest
from openpyxl import load_workbook
from rich.console import Console

from sync import fields
from sync.cli import run
from sync.demo import job
from sync.demo.week import this_week
from sync.demo.workbook import HEADER_ROW
from sync.item import CLEAR, Item, Status, same
from sync.sandbox.server import Sandbox
from sync.sheet.read import read_sheet

Line = Mapping[str, object]


class Week:
    """The demo played: what it left, and its platform, still running."""

    def __init__(self, folder: Path, platform: Sandbox, shown: str) -> None:
        self.folder = folder
        self.platform = platform
        self.shown = shown
        self.sheet = folder / "weekly.xlsx"

    def rows(self) -> dict[str, Line]:
        """What each row of the sheet says now, by its code."""
        page = load_workbook(self.sheet).worksheets[0]
        names, *lines = page.iter_rows(min_row=HEADER_ROW, values_only=True)
        found = [dict(zip(map(str, names), values, strict=True)) for values in lines]
        return {str(one["商家编码"]): one for one in found}

    def held(self) -> dict[str, Item]:
        """What the platform holds, by code, its numbers exact."""
        documents = json.loads(json.dumps(self.platform.shop.documents()), parse_float=Decimal)
        items = [fields.flatten(document) for document in documents]
        by_code = {str(item[fields.OUTER_ID]): item for item in items}
        assert len(by_code) == len(items), "no code has two items"
        return by_code

    def command(self, *args: str) -> tuple[int, str]:
        """Run a command on what the demo left."""
        with job._variables(self.platform, self.folder, "zh"), redirect_stdout(StringIO()) as out:
            return run([str(arg) for arg in args]), out.getvalue()


@contextmanager
def _kept_running(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Sandbox]]:
    """Let the demo's platform outlive the demo, so that it can be asked afterwards."""
    running: list[Sandbox] = []

    class Kept(Sandbox):
        def __enter__(self) -> Kept:
            running.append(self)
            super().__enter__()
            return self

        def __exit__(self, *_: object) -> None:
            """Not yet."""

    monkeypatch.setattr(job, "Sandbox", Kept)
    yield running
    for sandbox in running:
        Sandbox.__exit__(sandbox, None, None, None)


@pytest.fixture(scope="module")
def week(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Week]:
    folder = tmp_path_factory.mktemp("demo") / "itemsync-demo"
    with pytest.MonkeyPatch.context() as patch, _kept_running(patch) as running, redirect_stdout(StringIO()) as out:
        job.play(folder, "zh", Console(file=out, width=120))
        yield Week(folder, running[0], out.getvalue())

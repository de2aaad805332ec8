"""The whole weekly job against the embedded sandbox: the same commands that a person types, over real HTTP."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from json import dumps
from pathlib import Path

from rich.console import Console

from sync.cli import run
from sync.demo.shop import shop_documents
from sync.demo.week import WEEK_EVENTS, HandEdit, Sale
from sync.demo.workbook import write_last_week, write_this_week
from sync.errors import Refusal
from sync.fields import ITEM_ID, OUTER_ID, Name, Shown, flatten, nest
from sync.messages import Language, Message, say
from sync.sandbox.server import Sandbox

MARK = ".itemsync-demo"
"""Shows that a folder is the demo's own, and so may be made anew."""


class Stopped(Exception):
    """A command of the week went wrong; what would come after it makes no sense."""

    def __init__(self, code: int) -> None:
        """`code`: the command's exit code."""
        super().__init__(code)
        self.code = code


def play(folder: Path, language: Language, console: Console) -> None:
    """Play last week's sync, a week of sales and hand edits, and this week's check, preview, apply and results.

    Raises Refusal for a folder that holds something else, and Stopped where a command of the week goes wrong.
    """
    _make_anew(folder)
    with Sandbox() as platform:
        platform.shop.load(shop_documents())
        console.print(say("demo.sandbox", gateway=platform.gateway).words(language), markup=False)
        with _variables(platform, folder, language):
            _week(folder, platform, language, console)


def _week(folder: Path, platform: Sandbox, language: Language, console: Console) -> None:
    def chapter(code: str, *command: str) -> None:
        console.print()
        console.rule(say(code).words(language), style="cyan")
        if command:
            console.print(f"$ itemsync {' '.join(command)}\n", style="bold", markup=False, highlight=False)
            # 1 is right: the sheet has invalid rows.
            if (ended := run(command)) > 1:
                raise Stopped(ended)

    sheet = str(folder / "weekly.xlsx")
    write_last_week(Path(sheet))
    chapter("demo.last_week", "apply", sheet, "--yes", "--report", str(folder / "last-week"))
    chapter("demo.events")
    for line in happen(platform):
        console.print(f"  {line.words(language)}", markup=False, highlight=False)
    write_this_week(Path(sheet))
    chapter("demo.check", "check", sheet)
    chapter("demo.preview", "plan", sheet, "--html", str(folder / "preview.html"))
    chapter("demo.apply", "apply", sheet, "--yes", "--allow-delete", "--report", str(folder / "report"))
    chapter("demo.again", "plan", sheet)
    console.print()
    console.rule(say("demo.look").words(language), style="cyan")
    console.print(say("demo.files", folder=folder.resolve()).words(language), markup=False, soft_wrap=True)


def happen(platform: Sandbox) -> Iterator[Message]:
    """Let the week happen on the platform: buyers buy, and somebody edits items by hand. Yields what happened."""
    ids = {item[OUTER_ID]: int(str(item[ITEM_ID])) for item in map(flatten, platform.shop.documents())}
    for event in WEEK_EVENTS:
        match event:
            case Sale(code, units):
                platform.shop.sell(ids[code], units)
                yield say("demo.sold", code=code, units=units)
            case HandEdit(code, path, value):
                platform.shop.modify(ids[code], dumps(nest({path: value})))
                yield say("demo.edited", code=code, field=Name(path), value=Shown(path, value))


@contextmanager
def _variables(platform: Sandbox, folder: Path, language: Language) -> Iterator[None]:
    """Point the commands at the sandbox, and at a state of its own: the demo touches nothing of a real shop."""
    ours: Mapping[str, str] = {
        "ITEMSYNC_GATEWAY": platform.gateway,
        "ITEMSYNC_APP_KEY": platform.app_key,
        "ITEMSYNC_APP_SECRET": platform.app_secret,
        "ITEMSYNC_SESSION": platform.session,
        "ITEMSYNC_STATE": str(folder / "state.db"),
        "ITEMSYNC_LANG": language,
    }
    before = {name: os.environ.get(name) for name in os.environ if name.startswith("ITEMSYNC_")}
    for name in before:
        del os.environ[name]
    os.environ.update(ours)
    try:
        yield
    finally:
        for name in ours:
            os.environ.pop(name, None)
        os.environ.update({name: value for name, value in before.items() if value is not None})


def _make_anew(folder: Path) -> None:
    mark = folder / MARK
    if folder.exists() and not mark.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise Refusal(say("demo.not_ours", folder=folder))
    if mark.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True, exist_ok=True)
    mark.touch()

"""The examples of READMEs and docs, run for real: `python -m tests.readme` writes them anew, a test keeps them true.

An example is a fenced block, or a picture, below a comment that says what is typed:

    <!-- run: itemsync history -->
    <!-- run, on Friday, from "Run 2", to "done": itemsync apply weekly.xlsx --yes -->      only some of the lines
    <!-- picture: itemsync plan weekly.xlsx -->                                             in the terminal's colours
    <!-- sheet: weekly.xlsx 3 8 20 -->                                                      these rows of the workbook
    <!-- python -->                                                    a block of Python; what it prints stands below

The pages of one language share the demo's week, and their examples run one after another: last week was synced, some
was sold since, and this week's sheet lies in the folder as `weekly.xlsx`. A day holds until another one is named.
"""

from __future__ import annotations

import os
import re
import shlex
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

import pytest
from rich.console import Console

from sync.address import LIVE
from sync.apply.executor import Clock
from sync.cli import run
from sync.cli.app import APP
from sync.cli.app_context import AppContext
from sync.demo.job import happen
from sync.demo.shop import shop_documents
from sync.demo.workbook import write_last_week, write_this_week
from sync.item import SHOP_TIME
from sync.messages import Language
from sync.sandbox.server import Sandbox
from sync.service.context import Context
from tests.sheet_picture import drawn_sheet
from tests.terminal_picture import COLUMNS as PICTURE_COLUMNS
from tests.terminal_picture import drawn_terminal

ROOT = Path(__file__).parents[1]
PAGES: Mapping[Language, Sequence[str]] = {
    "en": (
        "README.md",
        "docs/tutorial/week.md",
        "docs/reference/guards.md",
        "docs/reference/json.md",
        "docs/how-to/python.md",
    ),
    "zh": (
        "README.zh-CN.md",
        "docs/tutorial/week.zh.md",
        "docs/reference/guards.zh.md",
        "docs/reference/json.zh.md",
        "docs/how-to/python.zh.md",
    ),
}
"""The pages with examples, from the project's root, by the language that their examples speak."""

SHEET = Path("weekly.xlsx")
THIS_MONDAY = datetime(2026, 11, 16, 9, 30, tzinfo=SHOP_TIME)
LAST_MONDAY = THIS_MONDAY - timedelta(days=7)
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday")
HOME = "/home/lin"
"""Where the examples pretend to live: nobody needs to see the name of a temporary folder."""
COLUMNS = 92
"""What fits into a code block of a repository's page without a scroll bar."""

_EXAMPLE = re.compile(
    r"<!-- (?P<kind>run|picture|sheet|python)(, on (?P<day>\w+))?"
    r"""(, from "(?P<first>[^"]+)")?(, to "(?P<last>[^"]+)")?(: (?P<command>.+))? -->
(```console\n(?P<body>[^`]*)```|!\[.+\]\((?P<file>.+)\)|```python\n(?P<code>[^`]*)```\n\n```text\n(?P<printed>[^`]*)```)
"""
)


@dataclass
class Page:
    """A page as it should be: its text, and the pictures on it, each by its path from the project's root."""

    text: str
    pictures: dict[str, str] = field(default_factory=dict)


def fresh(language: Language) -> Mapping[str, Page]:
    """Return each page with its examples run just now; raises ValueError if a `from` or `to` finds nothing."""
    with TemporaryDirectory() as home, the_week(Path(home), language):
        return {name: _fresh(name, Path(home)) for name in PAGES[language]}


def _fresh(name: str, home: Path) -> Page:
    text = (ROOT / name).read_text(encoding="utf-8")
    page, names = Page(""), dict[str, object]()
    written = 0
    for example in _EXAMPLE.finditer(text):
        if example["day"]:
            _DAY.begin(THIS_MONDAY + timedelta(days=DAYS.index(example["day"])))
        if example["file"]:
            file = os.path.normpath(Path(name).parent / example["file"])
            draw = _photograph if example["kind"] == "picture" else _drawn_rows
            page.pictures[file] = draw(example["command"])
            continue
        if example["code"]:
            page.text += text[written : example.start("printed")] + _printed(example["code"], names)
            written = example.end("printed")
            continue
        output = _said(example["command"], home)
        shown = _excerpt(output.splitlines(), example["first"], example["last"])
        page.text += f"{text[written : example.start('body')]}$ {example['command']}\n{shown}"
        written = example.end("body")
    page.text += text[written:]
    return page


def _excerpt(lines: list[str], first: str | None, last: str | None) -> str:
    """Keep the lines from the one with the words `first` to the one with `last`, and say that there are more."""
    begin = _line_with(first, lines) if first else 0
    end = _line_with(last, lines, begin) + 1 if last else len(lines)
    before, after = ["…"] if begin else [], ["…"] if end < len(lines) else []
    return "".join(f"{line}\n" for line in (*before, *lines[begin:end], *after))


def _line_with(words: str, lines: list[str], begin: int = 0) -> int:
    found = (number for number, line in enumerate(lines) if number >= begin and words in line)
    number = next(found, None)
    if number is None:
        raise ValueError(f'nothing says "{words}" any more')
    return number


@contextmanager
def the_week(home: Path, language: Language) -> Iterator[None]:
    """Hold a shop in the middle of its story, in the folder with its sheet; nothing of the user's is touched."""
    folder = home / "shop"
    folder.mkdir()
    with Sandbox(clock=_DAY.now) as platform, pytest.MonkeyPatch.context() as here:
        for name in [name for name in os.environ if name.startswith("ITEMSYNC_")]:
            here.delenv(name)
        for name, value in _variables(platform, home, language).items():
            here.setenv(name, value)
        # A sandbox has another port each time; a reader's gateway is the platform's.
        here.setattr("sync.service.shop_identity.gateway_name", lambda _: LIVE[0])
        here.chdir(folder)
        platform.shop.load(shop_documents())
        write_last_week(SHEET)
        _DAY.begin(LAST_MONDAY)
        _said(f"itemsync apply {SHEET} --yes", home)
        list(happen(platform))
        write_this_week(SHEET)
        _DAY.begin(THIS_MONDAY)
        yield


def _variables(platform: Sandbox, home: Path, language: Language) -> Mapping[str, str]:
    return {
        "ITEMSYNC_GATEWAY": platform.gateway,
        "ITEMSYNC_APP_KEY": platform.app_key,
        "ITEMSYNC_APP_SECRET": platform.app_secret,
        "ITEMSYNC_SESSION": platform.session,
        "ITEMSYNC_STATE": str(home / "state.db"),
        "ITEMSYNC_LANG": language,
        # Rows one after another: which of them gets the next new id is then the same each time.
        "ITEMSYNC_CONNECTIONS": "1",
        "HOME": str(home),
        "XDG_DATA_HOME": str(home / ".local" / "share"),
        "XDG_CONFIG_HOME": str(home / ".config"),
        "COLUMNS": str(COLUMNS),
        "NO_COLOR": "1",
    }


def _said(command: str, home: Path) -> str:
    """Run a command, and return what a person at a terminal would read, without the blanks at the lines' ends."""
    output = StringIO()
    with (
        redirect_stdout(output),
        redirect_stderr(output),
        patch.object(Context, "clock", Clock(_DAY.now, time.sleep, time.monotonic)),
    ):
        run(shlex.split(command)[1:])
    lines = output.getvalue().replace(str(home.resolve()), HOME).splitlines()
    return "\n".join(line.rstrip() for line in lines).rstrip()


def _printed(code: str, names: dict[str, object]) -> str:
    """Run a block of Python, which knows what the blocks above it on its page made, and return what it prints."""
    output = StringIO()
    with redirect_stdout(output), patch.object(Context, "clock", Clock(_DAY.now, time.sleep, time.monotonic)):
        exec(code, names)
    return "".join(f"{line.rstrip()}\n" for line in output.getvalue().splitlines())


class _Day:
    """A clock for everybody, platform and tool: it begins where it is told to, and goes on from there."""

    _offset = timedelta()

    def begin(self, moment: datetime) -> None:
        self._offset = moment - datetime.now(SHOP_TIME)

    def now(self) -> datetime:
        return datetime.now(SHOP_TIME) + self._offset


_DAY = _Day()


def _photograph(command: str) -> str:
    """Run a command that only prints, and return its terminal as an SVG."""
    app = AppContext()
    app.out = Console(
        file=StringIO(),
        record=True,
        width=PICTURE_COLUMNS,
        force_terminal=True,
        color_system="truecolor",
        no_color=False,
        highlight=False,
    )
    app.out.print(f"[dim]$[/] [bold]{command}[/]\n")
    try:
        with patch.object(Context, "clock", Clock(_DAY.now, time.sleep, time.monotonic)):
            APP(shlex.split(command)[1:], prog_name="itemsync", standalone_mode=False, obj=app)
    finally:
        app.close()
    return drawn_terminal(app.out)


def _drawn_rows(what: str) -> str:
    sheet, *rows = what.split()
    return drawn_sheet(Path(sheet), [int(row) for row in rows])


# --- the pages -------------------------------------------------------------------------------------------------
def main() -> None:
    """Write every page and picture anew."""
    for language in PAGES:
        for name, page in fresh(language).items():
            for file, content in {name: page.text, **page.pictures}.items():
                (ROOT / file).write_text(content, encoding="utf-8")


if __name__ == "__main__":
    main()

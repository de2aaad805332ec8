"""The whole weekly job against the embedded sandbox: what a person's commands do, over real HTTP."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from json import dumps
from pathlib import Path
from typing import TYPE_CHECKING

from sync.demo.shop import shop_documents
from sync.demo.week import WEEK_EVENTS, HandEdit, Sale
from sync.demo.workbook import write_last_week, write_this_week
from sync.errors import Refusal
from sync.fields import ITEM_ID, OUTER_ID, Name
from sync.item import SHOP_TIME
from sync.legible import legible_lines
from sync.messages import Language, Message, Worded, say
from sync.report import terminal
from sync.report.page import html_page
from sync.report.problems import print_problems
from sync.sandbox.server import Sandbox
from sync.service.events import Event, Listener, Warned
from sync.service.files import write_text
from sync.service.reports import write_reports
from sync.service.request import Consent
from sync.service.shop import Shop
from sync.values import Shown, flatten, nest

if TYPE_CHECKING:
    from rich.console import Console

    from sync.service.planned import Planned

MARK = ".itemsync-demo"
"""Shows that a folder is the demo's own, and so may be made anew."""


OpenShop = Callable[[Listener], Shop]
"""Opens the demo's shop anew; what it says goes to the listener."""


def play(
    folder: Path,
    language: Language,
    console: Console,
    show: Callable[[OpenShop, Path], None] = lambda *_: None,
) -> None:
    """Play last week's sync, a week of sales and hand edits, and this week's check, preview, apply and results.

    `show`: called with the shop and its sheet at the end, while the platform still runs.

    Raises Refusal for a folder that holds something else, and for what goes wrong in the week.
    """
    _make_anew(folder)
    with Sandbox() as platform:
        platform.shop.load(shop_documents())
        week = _Week(folder, platform, language, console)
        week.say(say("demo.sandbox", gateway=platform.gateway))
        with week.shop:
            week.play()
        show(week.open_shop, week.sheet)


class _Week:
    """One week of the sample shop, told on a terminal as the commands would tell it."""

    def __init__(self, folder: Path, platform: Sandbox, language: Language, console: Console) -> None:
        self._folder = folder
        self.sheet = folder / "weekly.xlsx"
        self._platform = platform
        self._language = language
        self._console = console
        # A state and settings of its own: the demo touches nothing of a real shop.
        self._settings = {
            "gateway": platform.gateway,
            "app_key": platform.app_key,
            "app_secret": platform.app_secret,
            "session": platform.session,
            "lang": language,
        }
        self.shop = self.open_shop(self._hear)

    def open_shop(self, on_event: Listener) -> Shop:
        """Open the week's shop; what it says goes to the listener."""
        return Shop.open(settings=self._settings, state=self._folder / "state.db", on_event=on_event)

    def play(self) -> None:
        """Play it from last week's sync to this week's results."""
        write_last_week(self.sheet)
        self._chapter("demo.last_week", f"apply {self.sheet} --yes --report {self._folder / 'last-week'}")
        self._apply(Consent(), self._folder / "last-week")
        self._chapter("demo.events")
        for line in happen(self._platform):
            self.say(line, indent="  ")
        write_this_week(self.sheet)
        self._chapter("demo.check", f"check {self.sheet}")
        self._check()
        preview = self._folder / "preview.html"
        self._chapter("demo.preview", f"plan {self.sheet} --html {preview}")
        self._save_page(self._preview(None), preview)
        self._chapter("demo.apply", f"apply {self.sheet} --yes --allow-delete --report {self._folder / 'report'}")
        self._apply(Consent(delete=True), self._folder / "report")
        self._chapter("demo.again", f"plan {self.sheet}")
        self._preview(None)
        self._chapter("demo.look")
        self.say(say("demo.files", folder=self._folder.resolve()))

    def say(self, message: Worded, *, indent: str = "") -> None:
        """Print a sentence."""
        text = indent + legible_lines(message.words(self._language))
        self._console.print(text, markup=False, highlight=False, soft_wrap=True)

    def _chapter(self, code: str, command: str = "") -> None:
        self._console.print()
        self._console.rule(say(code).words(self._language), style="cyan")
        if command:
            self._console.print(f"$ itemsync {command}\n", style="bold", markup=False, highlight=False)

    def _hear(self, event: Event) -> None:
        if isinstance(event, Warned):
            self.say(event.message)

    def _check(self) -> None:
        checked = self.shop.check(self.sheet)
        self.say(say("cli.checked", rows=checked.rows, invalid=checked.invalid))
        print_problems(checked.problems, self._language, self._console)

    def _preview(self, consent: Consent | None) -> Planned:
        planned = self.shop.plan(self.sheet)
        self.say(say("shop.line", shop=self.shop.name))
        work = planned.effort(delete=consent is None or consent.delete)
        consented = terminal.Consented(consent.guards if consent else (), bool(consent and consent.delete), work)
        terminal.preview(planned.plan, self._language, self._console, self.shop.usage(work.methods), consented)
        return planned

    def _apply(self, consent: Consent, report: Path) -> None:
        with self.shop.alone():
            run = self.shop.apply(self._preview(consent), consent)
        if run.delivery:
            for message in (*run.delivery.said, *run.delivery.warnings):
                self.say(message)
        self.say(say("cli.run", run=run.id))
        if made := write_reports(run, report):
            self.say(say("cli.report", file=made.page.resolve().as_uri(), workbook=made.workbook.name))
        terminal.summary(run.plan, run.results, self._language, self._console)

    def _save_page(self, planned: Planned, file: Path) -> None:
        at = self.shop.context.clock.now().astimezone(SHOP_TIME)
        write_text(file, html_page(planned.plan, self._language, at, self.sheet.name, shop=self.shop.name))
        self.say(say("cli.saved", file=file))


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


def _make_anew(folder: Path) -> None:
    mark = folder / MARK
    if folder.exists() and not mark.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise Refusal(say("demo.not_ours", folder=folder))
    if mark.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True, exist_ok=True)
    mark.touch()

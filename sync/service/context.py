"""What a shop works with: its settings, its state, and the way to the platform, each made when first asked for."""

from __future__ import annotations

import locale
import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from sync import config
from sync.errors import Refusal
from sync.messages import LANGUAGES, Language, Worded
from sync.service.credentials import secret_store
from sync.service.events import Event, Listener, Progressed, Reading, Sent, Warned
from sync.service.sheets import sheet_by_id

if TYPE_CHECKING:
    from sync.abilities import Abilities
    from sync.apply.executor import Clock
    from sync.gateway.channel import Catalogue, Channel, Progress
    from sync.gateway.log import CallLog
    from sync.gateway.secret_store import SecretStore
    from sync.plan.identity import Memory
    from sync.service.sheet_port import SheetFinder
    from sync.state.store import Store


def clock_until(stop: threading.Event) -> Clock:
    """Return the real time; a pause, such as that for a lost call to settle, ends at once when `stop` is set."""
    from sync.apply.executor import Clock

    return Clock(lambda: datetime.now(UTC), stop.wait, time.monotonic)


def connect(context: Context) -> Channel:
    """Return the profile's channel to the platform; raises Refusal where credentials are missing."""
    from sync.service.connection import channel

    log = context.call_log.write if context.call_log else None
    with_what = (context.profile, context.store, context.secrets, context.clock, context.stop)
    return channel(*with_what, log=log, tell=context.tell)


@dataclass
class Context:
    """What every job works with: the rooms, each opened when it is first asked for, and a listener for events."""

    profile_name: str | None = None
    config_file: Path | None = None
    state: str | None = field(default=None, repr=False)
    lang: Language | None = None
    log: Path | None = None
    settings: Mapping[str, object] | None = field(default=None, repr=False)
    """The profile's settings, where a program holds them; None: the file and the variables say them."""
    stop: threading.Event = field(default_factory=threading.Event)
    """Asks whatever is under way for a clean stop."""
    on_event: Listener = lambda _: None
    sheets: SheetFinder = sheet_by_id
    """Finds a sheet by its place."""
    secrets_of: Callable[[config.Profile], SecretStore] = secret_store
    """Finds where a profile's secrets are kept."""
    clock_until: Callable[[threading.Event], Clock] = clock_until
    """Makes the clock, whose pauses end when the event asks for a stop."""
    connect: Callable[[Context], Channel] = connect
    """Makes the channel to the platform."""
    lock: object | None = None
    """The profile's lock, as long as this job holds it; see `locking.alone`."""
    at_work: threading.Lock = field(default_factory=threading.Lock, repr=False)
    """Held while a job of this shop does something; see `locking.one_job`."""
    _open: list[Store | CallLog] = field(default_factory=list)

    def emit(self, event: Event) -> None:
        """Tell whoever listens."""
        self.on_event(event)

    def tell(self, message: Worded) -> None:
        """Say what a person should know, beside the result."""
        self.emit(Warned(message))

    def reading(self, total: int) -> AbstractContextManager[Progress]:
        """Say how far the reading of `total` items is; yields what is told of ended ones."""
        return self._following(Reading, total)

    def sending(self, total: int) -> AbstractContextManager[Progress]:
        """Say how far a run of about `total` calls is; yields what is told of ended ones."""
        return self._following(Sent, total)

    @contextmanager
    def _following(self, kind: Callable[[int, int, bool], Progressed], total: int) -> Iterator[Progress]:
        done, lock = 0, threading.Lock()

        def advance(calls: int) -> None:
            nonlocal done
            with lock:
                done += calls
                self.emit(kind(done, total, False))

        if total:
            self.emit(kind(0, total, False))
        try:
            yield advance
        finally:
            if total:
                self.emit(kind(done, total, True))

    @cached_property
    def profile(self) -> config.Profile:
        """The chosen profile; raises Refusal for wrong settings."""
        if self.settings is not None:
            return config.of_settings(self.profile_name, self.settings, state=self.state, lang=self.lang)
        return config.load(self.profile_name, self.config_file, state=self.state, lang=self.lang)

    @property
    def secrets(self) -> SecretStore:
        """Where app secret and token are kept. Raises Refusal where that can't be had."""
        return self.secrets_of(self.profile)

    def source(self, key: str) -> str:
        """Say where a setting comes from, such as `guards.deletions`."""
        return self.profile.sources.get(key, config.DEFAULT)

    @property
    def abilities(self) -> Abilities:
        """What this profile's channel can do."""
        from sync.abilities import abilities_of

        return abilities_of(self.profile.channel, deletes=self.profile.delete)

    @property
    def language(self) -> Language:
        """The terminal's language: `--lang` or the profile's, else the system's, else English."""
        return self.said_language or system_language(os.environ) or "en"

    @property
    def sheet_language(self) -> Language:
        """The language written into sheets: as the terminal's, but Chinese where nobody says."""
        return self.said_language or system_language(os.environ) or "zh"

    @property
    def said_language(self) -> Language | None:
        """The language that `--lang` or the profile says; None: neither does."""
        return self.lang or self.profile.lang

    @property
    def categories(self) -> tuple[tuple[str, str], ...]:
        """The categories that are allowed: those of the table, and the profile's own."""
        from sync.fields import category_table

        return (*category_table(), *self.profile.categories)

    @cached_property
    def store(self) -> Store:
        """This profile's state."""
        from sync.state.store import Store

        store = Store(self.profile.state_place, self.profile.remembered_as)
        self._open.append(store)
        return store

    def memory_at_hand(self) -> Memory:
        """What this machine's state remembers; nothing where there is none, or it can't be read. Makes no file."""
        from sync.plan.identity import Memory

        place = self.profile.state_place
        try:
            if "://" in place or not Path(place).expanduser().stat().st_size:
                return Memory()
        except OSError:
            return Memory()
        from sqlalchemy.exc import SQLAlchemyError

        try:
            return Memory(self.store.baselines())
        except (OSError, SQLAlchemyError, Refusal):
            return Memory()

    @cached_property
    def channel(self) -> Channel:
        """The profile's channel to the platform; raises Refusal where credentials are missing."""
        return self.connect(self)

    @property
    def catalogue(self) -> Catalogue | None:
        """The shop, where the channel can search and list it."""
        from sync.gateway.channel import Catalogue

        return self.channel if isinstance(self.channel, Catalogue) else None

    def hang_up(self) -> None:
        """Let the next call begin with a new channel, which asks for secrets anew and has had no trouble yet."""
        self.__dict__.pop("channel", None)

    @cached_property
    def call_log(self) -> CallLog | None:
        """What `--log` asked for; raises Refusal if it can't be written."""
        from sync.gateway.log import CallLog

        if self.log is None:
            return None
        opened = CallLog(self.log)
        self._open.append(opened)
        return opened

    @property
    def clock(self) -> Clock:
        """The time; a pause ends at once when a person asks to stop."""
        return self.clock_until(self.stop)

    @property
    def safe_language(self) -> Language:
        """The language, even where the profile itself is what is wrong."""
        try:
            return self.language
        except Refusal:
            variable = os.environ.get(f"{config.ENV_PREFIX}LANG")
            said = next((language for language in LANGUAGES if language == variable), None)
            return self.lang or said or system_language(os.environ) or "en"

    def close(self) -> None:
        """Let go of what was opened."""
        for opened in self._open:
            opened.close()


def system_language(environ: Mapping[str, str]) -> Language | None:
    """Return the language that the system asks for, if it is one of ours."""
    names = [environ.get(name, "") for name in ("LC_ALL", "LC_MESSAGES", "LANG")]
    spoken = next((name for name in names if name), None) or (locale.getlocale()[0] or "")
    if spoken.lower().startswith(("zh", "chinese")):
        return "zh"
    return "en" if spoken.lower().startswith("en") else None

"""A profile: the settings of one shop, with their defaults."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from platformdirs import user_config_path, user_data_path

from sync.config.notify import NotifySettings
from sync.config.variables import ENV_PREFIX
from sync.errors import Refusal
from sync.freeze import Freeze
from sync.limits import Limits, ListingLimits, RateLimit
from sync.messages import Language, say

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from sync.config.rules import RuleSettings
    from sync.item import Item

Channel = Literal["open", "shop"]
CHANNELS: tuple[Channel, ...] = ("open", "shop")
APPROVALS = ("any", "other")
SECRETS = ("app_secret", "session")
"""The settings that nobody else may read."""
DEFAULT = "default"
"""The usual profile; and where a setting comes from that nobody set."""


@dataclass(frozen=True)
class Profile:
    """One shop's settings."""

    profile: str = DEFAULT
    """Its name."""
    channel: Channel = "open"
    gateway: str = ""
    app_key: str = ""
    app_secret: str = field(default="", repr=False)
    session: str = field(default="", repr=False)
    secrets: str | None = None
    """The file in which `auth login` keeps secrets; None: in the user's settings folder."""
    keyring: bool = False
    """True: the operating system's keyring holds them instead."""
    redirect: str = "http://127.0.0.1:8400/"
    """Where the platform sends the browser after a login: the call-back address that the application registered."""
    sign_method: str = "hmac-sha256"
    calls_per_second: float | None = None
    calls_per_day: int | None = None
    limits: Mapping[str, RateLimit] = field(default_factory=dict)
    """What the platform allows of each method, and under "" of all calls together."""
    batch: int = 20
    """Calls in one request at most; 1: no batches (docs/explanation/platform.md#batches)."""
    connections: int = 4
    timeout: float = 30.0
    """Seconds."""
    verify: bool = True
    """Whether what was written is read back at the end of a run: one more call a changed row."""
    settle: float = 30.0
    """Seconds after a write until which a reading may still be an old copy."""
    full_every: str | None = None
    """Such as `7d` or `12h`: within this time of a reading of all items a plan reads only those whose row changed.
    None: every plan reads all."""
    patience: float = 120.0
    """Seconds: the longest ban that is waited for."""
    state: str | None = field(default=None, repr=False)
    """A file or a database URL, which may hold a password; None: the user's data folder."""
    lang: Language | None = None
    categories: tuple[tuple[str, str], ...] = ()
    """The shop's own additions to the platform's table."""
    publish: Item = field(default_factory=dict)
    """What a new item gets where its row says nothing."""
    delete: bool = False
    """Whether listings may be deleted (`alibaba.item.operate.delete`). Open items always may."""
    messages: bool = False
    """Whether `watch` takes the platform's messages of listings, and reads only those that changed."""
    operate: bool = False
    """Whether listings go up and down by `alibaba.item.operate.upshelf` and `downshelf`, the newer names."""
    listing: ListingLimits = field(default_factory=ListingLimits)
    """What a listing can hold."""
    columns: Mapping[str, str] = field(default_factory=dict)
    """Headers of the shop's own sheets → those of itemsync's that they mean."""
    guards: Limits = field(default_factory=Limits)
    timezone: str = "Asia/Shanghai"
    """The shop's, in which its rules are written: a name of the IANA time zone database."""
    approval: str = "any"
    """Who may approve a plan at the page: `any` approver, or only an `other` than who submitted it."""
    rules: tuple[RuleSettings, ...] = ()
    """Beside those of the workbook's sheet 规则."""
    notify: NotifySettings = field(default_factory=NotifySettings, repr=False)
    """Whom to tell of what; its addresses are secrets."""
    freeze: tuple[Freeze, ...] = ()
    """Times in which nothing changes without being asked for by name."""
    sources: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Where each setting that somebody set comes from: `itemsync.toml:12`, a variable, or an option.

    What a table of the file sets has a source of its own, such as `guards.deletions`, and so has each of several
    tables, such as `rules.0`.
    """

    @property
    def remembered_as(self) -> str:
        """Whose items, runs and lock in the state these are: each channel of a profile has its own.

        Or a run that one began would be taken up by the other, with ids that mean other items there.
        """
        return self.profile if self.channel == "open" else f"{self.profile} ({self.channel})"

    def of_this_channel(self, remembered_as: str) -> str | None:
        """Return the profile that is remembered so; None: it is of another channel, where ids mean other items."""
        ending = self.remembered_as.removeprefix(self.profile)
        others = (f" ({channel})" for channel in CHANNELS if channel != self.channel)
        if not remembered_as.endswith(ending) or remembered_as.endswith(tuple(others)):
            return None
        return remembered_as.removesuffix(ending)

    @property
    def state_place(self) -> str:
        """Where state is kept: a path or a database URL."""
        return self.state or str(user_data_path("itemsync", appauthor=False) / "state.db")

    @property
    def secrets_place(self) -> str:
        """Where `auth login` keeps secrets: the file's path."""
        return self.secrets or str(user_config_path("itemsync", appauthor=False) / "secrets.json")

    @property
    def zone(self) -> ZoneInfo:
        """The shop's time zone; raises Refusal where the system has no time zone database."""
        from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

        try:
            return ZoneInfo(self.timezone)
        except ZoneInfoNotFoundError:
            raise Refusal(say("config.no_zones", zone=self.timezone)) from None

    def require_gateway(self) -> None:
        """Raise Refusal unless there is a gateway, and an application to call it as."""
        missing = [name for name in ("gateway", "app_key") if not getattr(self, name)]
        if missing:
            variables = ", ".join(ENV_PREFIX + name.upper() for name in missing)
            raise Refusal(say("config.missing", names=", ".join(missing), variables=variables))

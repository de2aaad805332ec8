"""What can be set, with its types, bounds and defaults."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from platformdirs import user_config_path, user_data_path
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic.dataclasses import dataclass
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from sync.config.columns import mapping
from sync.config.publish import defaults
from sync.config.reasons import wrong
from sync.config.rules import RuleSettings, zone_name
from sync.config.variables import ENV_PREFIX
from sync.errors import Refusal
from sync.gateway.address import LOOPBACK
from sync.gateway.pace import RateLimit
from sync.gateway.protocol import SignMethod
from sync.item import Item, fen
from sync.messages import say
from sync.plan.abilities import BY_CHANNEL, Abilities
from sync.plan.guards import Limits

SECRETS = ("app_secret", "session")
"""The settings that nobody else may read."""

SHORTEST_SETTLE = 10.0
"""Seconds."""
_METHOD = re.compile(r"taobao(\.[a-z]+)+")


def _method(name: str) -> str:
    if not _METHOD.fullmatch(name):
        raise wrong("method")
    return name


class Guards(BaseModel):
    """The numbers of DESIGN section 8; what isn't given stays as it is there."""

    model_config = ConfigDict(extra="forbid")

    share: float = Field(default=Limits.share, gt=0, le=1)
    at_least: int = Field(default=Limits.at_least, ge=1)
    deletions: int = Field(default=Limits.deletions, ge=0)
    new_items: int = Field(default=Limits.new_items, ge=0)
    price_floor: str = "0"
    """Yuan."""
    price_drop: float = Field(default=Limits.price_drop, ge=0, le=1)
    price_rise: float = Field(default=Limits.price_rise, ge=1)
    stock_rise: int = Field(default=Limits.stock_rise, ge=1)
    stock_rise_units: int = Field(default=Limits.stock_rise_units, ge=1)

    @field_validator("price_floor")
    @classmethod
    def _yuan(cls, value: str) -> str:
        try:
            fen(value)
        except ArithmeticError:
            raise wrong("yuan") from None
        return value

    def limits(self) -> Limits:
        """Return the numbers as the guards want them: money in fen."""
        return Limits(**{**self.model_dump(), "price_floor": fen(self.price_floor)})


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class MethodLimit(RateLimit):
    """A limit as the settings give it: checked."""

    calls_per_second: float | None = Field(None, ge=0.001, le=1_000_000)
    calls_per_day: int | None = Field(None, gt=0, le=1_000_000_000)


class Settings(BaseModel):
    """The keys of one profile in the file."""

    model_config = ConfigDict(extra="forbid")

    channel: Literal["open", "shop"] = "open"
    gateway: str = ""
    app_key: str = ""
    app_secret: SecretStr = SecretStr("")
    session: SecretStr = SecretStr("")
    secrets: str | None = None
    """The file in which `auth login` keeps secrets; None: in the user's settings folder."""
    keyring: bool = False
    """True: the operating system's keyring holds them instead."""
    redirect: str = "http://127.0.0.1:8400/"
    """Where the platform sends the browser after a login: the call-back address that the application registered."""
    sign_method: SignMethod = SignMethod.HMAC_SHA256
    calls_per_second: float | None = Field(None, ge=0.001, le=1_000_000)
    calls_per_day: int | None = Field(None, gt=0, le=1_000_000_000)
    limits: Mapping[Annotated[str, AfterValidator(_method)], MethodLimit] = Field(default_factory=dict)
    """What the platform allows of each method, and under "" of all calls together."""
    batch: int = Field(20, ge=1, le=20)
    """Calls in one request at most; 1: no batches (TOP-PROTOCOL section 2)."""
    connections: int = Field(4, ge=1, le=32)
    timeout: float = Field(30.0, gt=0, le=600)
    """Seconds."""
    verify: bool = True
    """Whether what was written is read back at the end of a run: one more call a changed row."""
    settle: float = Field(30.0, ge=0, le=600)
    """Seconds after a write until which a reading may still be an old copy."""
    patience: float = Field(120.0, ge=0, le=86_400)
    """Seconds: the longest ban that is waited for."""
    state: str | None = Field(None, repr=False)
    """A file or a database URL, which may hold a password; None: the user's data folder."""
    lang: Literal["zh", "en"] | None = None
    categories: tuple[tuple[str, str], ...] = ()
    """The shop's own additions to the platform's table."""
    publish: Item = Field(default_factory=dict)
    """What a new item gets where its row says nothing."""
    columns: Mapping[str, str] = Field(default_factory=dict)
    """Headers of the shop's own sheets → those of itemsync's that they mean."""
    guards: Guards = Field(default_factory=Guards)
    timezone: str = "Asia/Shanghai"
    """The shop's, in which its rules are written: a name of the IANA time zone database."""
    rules: tuple[RuleSettings, ...] = ()
    """Beside those of the workbook's sheet 规则."""

    @field_validator("settle")
    @classmethod
    def _long_enough(cls, value: float, info: ValidationInfo) -> float:
        """A platform's copies lag behind by some seconds; only a gateway on this machine is known to have none."""
        gateway = info.data.get("gateway")
        if value < SHORTEST_SETTLE and gateway and urlsplit(gateway).hostname not in LOOPBACK:
            raise wrong("settle")
        return value

    @field_validator("timezone")
    @classmethod
    def _zone(cls, value: str) -> str:
        return zone_name(value)

    @field_validator("publish", mode="plain")
    @classmethod
    def _publish(cls, value: object) -> Item:
        return defaults(value)

    @field_validator("columns", mode="plain")
    @classmethod
    def _columns(cls, value: object) -> Mapping[str, str]:
        return mapping(value)

    @model_validator(mode="after")
    def _with_the_applications_own(self) -> Self:
        self.limits = {**self.limits, "": MethodLimit(self.calls_per_second, self.calls_per_day)}
        return self


class Profile(Settings, BaseSettings):
    """One shop's settings: `ITEMSYNC_*` variables over the file's."""

    # Lists and tables stand in the file only: a variable that holds one is refused like any wrong value.
    model_config = SettingsConfigDict(
        env_prefix=ENV_PREFIX, extra="forbid", env_ignore_empty=True, enable_decoding=False
    )

    profile: str = "default"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Variables are stronger than the file, whose values arrive as arguments."""
        return env_settings, init_settings

    @property
    def abilities(self) -> Abilities:
        """What this profile's channel can do."""
        return BY_CHANNEL[self.channel]

    @property
    def remembered_as(self) -> str:
        """Whose items, runs and lock in the state these are: each channel of a profile has its own.

        Or a run that one began would be taken up by the other, with ids that mean other items there.
        """
        return self.profile if self.channel == "open" else f"{self.profile} ({self.channel})"

    def of_this_channel(self, remembered_as: str) -> str | None:
        """Return the profile that is remembered so; None: it is of another channel, where ids mean other items."""
        ending = self.remembered_as.removeprefix(self.profile)
        others = (f" ({channel})" for channel in BY_CHANNEL if channel != self.channel)
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
        try:
            return ZoneInfo(self.timezone)
        except ZoneInfoNotFoundError:
            raise Refusal(say("config.no_zones", zone=self.timezone)) from None

    def require_gateway(self) -> None:
        """Raise Refusal unless there is a gateway, and an application to call it as."""
        require(gateway=self.gateway, app_key=self.app_key)


def require(**settings: str) -> None:
    """Raise Refusal that names those of `settings` that are empty."""
    if missing := [name for name, value in settings.items() if not value]:
        variables = ", ".join(ENV_PREFIX + name.upper() for name in missing)
        raise Refusal(say("config.missing", names=", ".join(missing), variables=variables))

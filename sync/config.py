"""Profiles: which shop, which gateway, which limits. A TOML file, and `ITEMSYNC_*` variables over it.

    [profiles.default]
    gateway = "https://eco.taobao.com/router/rest"
    app_key = "12345678"

Secrets are read here and shown nowhere.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from platformdirs import user_config_path, user_data_path
from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from sync.gateway.protocol import SignMethod
from sync.item import fen
from sync.messages import Message, Refusal, say
from sync.plan.guards import Limits

FILE_NAME = "itemsync.toml"
ENV_PREFIX = "ITEMSYNC_"


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

    def limits(self) -> Limits:
        """Return the numbers as the guards want them: money in fen. Raises ArithmeticError for no money."""
        return Limits(**{**self.model_dump(), "price_floor": fen(self.price_floor)})


class Profile(BaseSettings):
    """One shop's settings: `ITEMSYNC_*` variables over the file's."""

    # Lists and tables stand in the file only: a variable that holds one is refused like any wrong value.
    model_config = SettingsConfigDict(
        env_prefix=ENV_PREFIX, extra="forbid", env_ignore_empty=True, enable_decoding=False
    )

    profile: str = "default"
    channel: Literal["open"] = "open"
    gateway: str = ""
    app_key: str = ""
    app_secret: SecretStr = SecretStr("")
    session: SecretStr = SecretStr("")
    sign_method: SignMethod = SignMethod.HMAC_SHA256
    calls_per_second: float | None = Field(None, gt=0)
    calls_per_day: int | None = Field(None, gt=0)
    connections: int = Field(4, ge=1, le=32)
    timeout: float = Field(30.0, gt=0, le=600)
    """Seconds."""
    state: str | None = Field(None, repr=False)
    """A file or a database URL, which may hold a password; None: the user's data folder."""
    lang: Literal["zh", "en"] | None = None
    categories: tuple[tuple[str, str], ...] = ()
    """The shop's own additions to the platform's table."""
    guards: Guards = Field(default_factory=Guards)

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
    def state_place(self) -> str:
        """Where state is kept: a path or a database URL."""
        return self.state or str(user_data_path("itemsync", appauthor=False) / "state.db")

    def require_gateway(self) -> None:
        """Raise Refusal unless there is a gateway and somebody to call it as."""
        needed: Mapping[str, str] = {
            "gateway": self.gateway,
            "app_key": self.app_key,
            "app_secret": self.app_secret.get_secret_value(),
            "session": self.session.get_secret_value(),
        }
        if missing := [name for name, value in needed.items() if not value]:
            variables = ", ".join(ENV_PREFIX + name.upper() for name in missing)
            raise Refusal(say("config.missing", names=", ".join(missing), variables=variables, file=FILE_NAME))


def load(name: str | None, file: Path | None, **options: str | None) -> Profile:
    """Load profile `name` from `file` (else the working folder's, else the user's), and variables over it.

    `options` come from the command line and are strongest. Raises Refusal for a file, profile, key or value that
    is wrong, naming it.
    """
    source = _find(file)
    name = name or os.environ.get(f"{ENV_PREFIX}PROFILE")
    profiles = _profiles(source) if source else {}
    chosen = name or Profile.model_fields["profile"].default
    if name and profiles and name not in profiles:
        raise Refusal(say("config.no_profile", name=name, known=", ".join(sorted(profiles)) or "-", file=source))
    try:
        settings = Profile(**{**profiles.get(chosen, {}), "profile": chosen})
        given = {key: value for key, value in options.items() if value is not None}
        if name:
            given["profile"] = name
        settings.guards.limits()
        return settings.model_copy(update=given)
    except ValidationError as error:
        raise Refusal(_explain(error, source)) from None
    except ArithmeticError:
        raise Refusal(say("config.wrong", place="guards.price_floor", reason="yuan", file=source or "-")) from None


def _find(file: Path | None) -> Path | None:
    if file is not None:
        if not file.is_file():
            raise Refusal(say("config.no_file", file=file))
        return file
    places = (Path(FILE_NAME), user_config_path("itemsync", appauthor=False) / FILE_NAME)
    return next((place for place in places if place.is_file()), None)


def _profiles(source: Path) -> dict[str, dict[str, Any]]:
    try:
        document = tomllib.loads(source.read_text(encoding="utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise Refusal(say("config.unreadable", file=source, reason=_short(error))) from None
    profiles = document.pop("profiles", {})
    if document or not isinstance(profiles, dict) or not all(isinstance(p, dict) for p in profiles.values()):
        stray = ", ".join(document) or "profiles"
        raise Refusal(say("config.wrong", place=stray, reason="[profiles.NAME]", file=source))
    return profiles


def _explain(error: ValidationError, source: Path | None) -> Message:
    """Name the option and what is wrong with it, never its value: it may be a secret."""
    first = error.errors(include_input=False, include_url=False, include_context=False)[0]
    place = ".".join(map(str, first["loc"]))
    variable = f"{ENV_PREFIX}{place.upper()}"
    there = variable if variable in os.environ else source or variable
    return say("config.wrong", place=place, reason=first["msg"], file=there)


def _short(error: Exception) -> str:
    return str(error) if isinstance(error, tomllib.TOMLDecodeError) else type(error).__name__

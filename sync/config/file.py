"""The settings file: where it is found, what it says, and in which line."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from inspect import get_annotations
from pathlib import Path
from typing import Any

from platformdirs import user_config_path
from pydantic import ValidationError

from sync.config.lines import Keys, line_of, lines_of
from sync.config.profile import SECRETS, Guards, Settings
from sync.config.reasons import reason, unreadable
from sync.config.rules import KEYS as RULE_KEYS
from sync.config.variables import nearest
from sync.errors import Refusal
from sync.gateway.pace import RateLimit
from sync.gateway.private import check_private
from sync.messages import Message, say

FILE_NAME = "itemsync.toml"
PROFILES = "profiles"
_NAMES: Mapping[object, Collection[str]] = {
    "guards": Guards.model_fields,
    "limits": get_annotations(RateLimit),
    "rules": RULE_KEYS,
}
"""What can be set inside a table."""


@dataclass(frozen=True)
class SettingsFile:
    """A settings file that could be read; its values have not been looked at yet."""

    path: Path
    profiles: Mapping[str, Mapping[str, Any]] = field(repr=False)
    lines: Mapping[Keys, int] = field(repr=False)

    def place(self, *keys: object) -> str:
        """Say where a key stands, as `itemsync.toml:12`; the file alone where it says nothing of it."""
        line = line_of(keys, self.lines)
        return f"{self.path}:{line}" if line else str(self.path)

    def profile(self, name: str) -> Mapping[str, Any]:
        """Return what the file says of one profile. Raises Refusal for the first thing that is wrong there."""
        said = self.profiles[name]
        try:
            # As JSON, where a text is no number, but a list may be a tuple and a text a word of a choice.
            Settings.model_validate_json(json.dumps(said, default=str), strict=True)
        except ValidationError as error:
            raise Refusal(self._wrong(name, error)) from None
        return said

    def _wrong(self, name: str, error: ValidationError) -> Message:
        """Name the key and what is wrong with it, never its value: it may be a secret."""
        first = error.errors(include_input=False, include_url=False)[0]
        keys = [key for key in first["loc"] if key != "[key]"]
        place = ".".join(map(str, keys))
        file = self.place(PROFILES, name, *keys)
        if first["type"] in ("extra_forbidden", "unexpected_keyword_argument"):
            known = _NAMES[keys[0]] if len(keys) > 1 else Settings.model_fields
            return say("config.unknown", place=place, nearest=nearest(str(keys[-1]), known), file=file)
        return say("config.wrong", place=place, reason=reason(first), file=file)


def find(file: Path | None) -> Path | None:
    """Return the settings file: the one that is named, else the working folder's, else the user's, else None.

    Raises Refusal if the one that is named isn't there.
    """
    if file is not None:
        if not file.is_file():
            raise Refusal(say("config.no_file", file=file))
        return file
    places = (Path(FILE_NAME), user_config_path("itemsync", appauthor=False) / FILE_NAME)
    return next((place for place in places if place.is_file()), None)


def read(path: Path) -> SettingsFile:
    """Read a settings file. Raises Refusal for what is no TOML, and for secrets that others can read."""
    try:
        text = path.read_text(encoding="utf-8-sig")
        document = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise Refusal(say("config.unreadable", file=path, reason=unreadable(error))) from None
    profiles = document.get(PROFILES, {})
    lines = lines_of(text)
    settings = SettingsFile(path, profiles, lines)
    stray = next((name for name in document if name != PROFILES), None)
    if stray is None and (not isinstance(profiles, dict) or not all(isinstance(p, dict) for p in profiles.values())):
        stray = PROFILES
    if stray is not None:
        raise Refusal(say("config.wrong", place=stray, reason="[profiles.NAME]", file=settings.place(stray)))
    if any(key in profile for profile in profiles.values() for key in SECRETS):
        check_private(path)
    return settings

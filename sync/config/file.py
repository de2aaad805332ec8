"""The settings file: where it is found, what it says, and in which line."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from platformdirs import user_config_path

from sync.config.profile import SECRETS
from sync.errors import Refusal
from sync.messages import Message, say

if TYPE_CHECKING:
    from sync.config.lines import Keys

FILE_NAME = "itemsync.toml"
PROFILES = "profiles"
_PLACE = r"\(at line (\d+), column (\d+)\)"


class SettingsFile:
    """A settings file that could be read; its values have not been looked at yet."""

    def __init__(self, path: Path, profiles: Mapping[str, Mapping[str, Any]], lines: Mapping[Keys, int]) -> None:
        self.path, self.profiles, self.lines = path, profiles, lines

    def place(self, *keys: object) -> str:
        """Say where a key stands, as `itemsync.toml:12`; the file alone where it says nothing of it."""
        from sync.config.lines import line_of

        line = line_of(keys, self.lines)
        return f"{self.path}:{line}" if line else str(self.path)


def find(file: Path | None) -> SettingsFile | None:
    """Read the settings file: the one that is named, else the working folder's, else the user's; None: there is none.

    Raises Refusal if the one that is named isn't there, for what is no TOML, and for secrets that others can read.
    """
    if file is not None:
        if not file.is_file():
            raise Refusal(say("config.no_file", file=file))
        return _read(file)
    places = (Path(FILE_NAME), user_config_path("itemsync", appauthor=False) / FILE_NAME)
    return next((_read(place) for place in places if place.is_file()), None)


def read_alone(path: Path) -> Mapping[str, Any]:
    """Return the settings of one profile, whose keys stand at the top of a file of their own; nothing is checked yet.

    Raises Refusal if the file isn't there, is no TOML, or has profiles.
    """
    if not path.is_file():
        raise Refusal(say("config.no_file.alone", file=path))
    _, document = _document(path)
    if PROFILES in document:
        raise Refusal(say("config.alone", file=path))
    return document


def exposed(path: Path) -> Message | None:
    """Return a warning where a profile's own file has secrets that others can read; None: there is nothing to say."""
    from sync.private_files import check_private

    if _secret(read_alone(path)):
        try:
            check_private(path)
        except Refusal:
            return say("config.exposed", file=path)
    return None


def _read(path: Path) -> SettingsFile:
    from sync.config.lines import lines_of

    text, document = _document(path)
    profiles = document.get(PROFILES, {})
    settings = SettingsFile(path, profiles, lines_of(text))
    stray = next((name for name in document if name != PROFILES), None)
    if stray is None and (not isinstance(profiles, dict) or not all(isinstance(p, dict) for p in profiles.values())):
        stray = PROFILES
    if stray is not None:
        raise Refusal(say("config.wrong", place=stray, reason="[profiles.NAME]", file=settings.place(stray)))
    if any(_secret(profile) for profile in profiles.values()):
        from sync.private_files import check_private

        check_private(path)
    return settings


def _document(path: Path) -> tuple[str, dict[str, Any]]:
    import tomllib

    try:
        text = path.read_text(encoding="utf-8-sig")
        return text, tomllib.loads(text)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise Refusal(say("config.unreadable", file=path, reason=_unreadable(error))) from None


def _secret(profile: Mapping[str, Any]) -> bool:
    """Whether others mustn't read what a profile says: its secrets, or addresses that hold tokens."""
    notify = profile.get("notify")
    return any(key in profile for key in SECRETS) or (isinstance(notify, Mapping) and bool(notify.get("urls")))


def _unreadable(error: Exception) -> Message:
    if found := re.search(_PLACE, str(error)):
        return say("config.reason.toml", line=found[1], column=found[2])
    if isinstance(error, UnicodeDecodeError):
        return say("config.reason.encoding")
    return say("config.reason.closed") if isinstance(error, OSError) else say("config.reason.toml_end")

"""Loading a profile: options over variables over the file over defaults, and which of them said what."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from pydantic import ValidationError

from sync.config.file import PROFILES, SettingsFile, find, read
from sync.config.profile import Profile
from sync.config.reasons import reason
from sync.config.variables import ENV_PREFIX, check_variables, nearest
from sync.errors import Refusal
from sync.messages import Joined, say

DEFAULT = "default"
"""Where a setting comes from that nobody set."""


def load(name: str | None, file: Path | None, **options: str | None) -> Profile:
    """Load profile `name` from `file` (else the working folder's, else the user's), and variables over it.

    `options` come from the command line and are strongest. Raises Refusal for a file, profile, key, value or
    variable that is wrong, naming it and its line.
    """
    check_variables(os.environ, Profile.model_fields)
    settings = _settings(file)
    chosen = _chosen(name, settings)
    said = settings.profile(chosen) if settings and chosen in settings.profiles else {}
    try:
        profile = Profile(**{**said, "profile": chosen})
    except ValidationError as error:
        raise _wrong(error, settings, chosen) from None
    given = {key: value for key, value in options.items() if value is not None}
    return profile.model_copy(update={**given, "profile": chosen})


def sources(name: str | None, file: Path | None, **options: str | None) -> Mapping[str, str]:
    """Say of each setting where it comes from: `default`, `itemsync.toml:12`, a variable, or an option.

    What a table of the file sets has a source of its own, such as `guards.deletions`, and so has each of several
    tables, such as `rules.0`.
    """
    settings = _settings(file)
    chosen = _chosen(name, settings)
    said = settings.profiles.get(chosen, {}) if settings else {}
    found = dict.fromkeys(Profile.model_fields, DEFAULT)
    if settings:
        inside = [(key, part) for key, table in said.items() if isinstance(table, dict) for part in table]
        inside += [("rules", str(index)) for index in range(len(said.get("rules", ())))]
        found |= {
            ".".join(keys): settings.place(PROFILES, chosen, *keys) for keys in [*((key,) for key in said), *inside]
        }
    found |= {key: variable for key in found if os.environ.get(variable := ENV_PREFIX + key.upper())}
    if name and name != os.environ.get(f"{ENV_PREFIX}PROFILE"):
        found["profile"] = "--profile"
    return found | {key: f"--{key}" for key, value in options.items() if value is not None}


def profiles(file: Path | None) -> tuple[Path | None, tuple[str, ...]]:
    """Return the settings file that is in use, if there is one, and the names of its profiles."""
    settings = _settings(file)
    return (settings.path, tuple(settings.profiles)) if settings else (None, ())


def _settings(file: Path | None) -> SettingsFile | None:
    path = find(file)
    return read(path) if path else None


def _chosen(name: str | None, settings: SettingsFile | None) -> str:
    """Return the profile's name; raises Refusal for one that the file hasn't, and that no variables make whole."""
    asked = name or os.environ.get(f"{ENV_PREFIX}PROFILE")
    usual = str(Profile.model_fields["profile"].default)
    listed = settings.profiles if settings else {}
    if asked and asked not in listed and (listed or asked != usual) and not _whole():
        raise _no_profile(asked, settings)
    return asked or usual


def _whole() -> bool:
    """Whether the variables alone lead to a shop; secrets may have come of a login."""
    return all(os.environ.get(ENV_PREFIX + name) for name in ("GATEWAY", "APP_KEY"))


def _no_profile(asked: str, settings: SettingsFile | None) -> Refusal:
    if settings is None or not settings.profiles:
        return Refusal(say("config.no_such_profile", name=asked))
    known = ", ".join(sorted(settings.profiles))
    close = nearest(asked, settings.profiles)
    meant = (say("config.meant", name=close),) if close in settings.profiles else ()
    return Refusal(say("config.no_profile", name=asked, known=known, file=settings.path, meant=Joined(meant)))


def _wrong(error: ValidationError, settings: SettingsFile | None, chosen: str) -> Refusal:
    """The file was looked at before, so that what is wrong now came from a variable, but for a date in the file."""
    first = error.errors(include_input=False, include_url=False)[0]
    variable = ENV_PREFIX + str(first["loc"][0]).upper()
    in_file = settings if not os.environ.get(variable) else None
    place = in_file.place(PROFILES, chosen, *first["loc"]) if in_file else variable
    return Refusal(say("config.wrong", place=".".join(map(str, first["loc"])), reason=reason(first), file=place))

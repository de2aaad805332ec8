"""Loading a profile: options over variables over the file over defaults, each value with where it comes from."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from sync.address import LOOPBACK
from sync.config.file import PROFILES, SettingsFile, find
from sync.config.profile import DEFAULT, Profile
from sync.config.settings import SETTINGS
from sync.config.values import BadValue, bad, spelt, table_of
from sync.config.variables import ENV_PREFIX, nearest, variables
from sync.errors import Refusal
from sync.limits import RateLimit
from sync.messages import Joined, say

SHORTEST_SETTLE = 10.0
"""Seconds. A platform's copies lag behind by some; only a gateway on this machine is known to have none."""
HELD = "settings"
"""Where a setting comes from that a program holds."""
_Values = dict[str, Any]
_Sources = dict[str, str]


def load(name: str | None, file: Path | None, **options: str | None) -> Profile:
    """Load profile `name` from `file` (else the working folder's, else the user's), and variables over it.

    `options` come from the command line and are strongest. Raises Refusal for a file, profile, key, value or
    variable that is wrong, naming it and its line.
    """
    said = dict(variables(os.environ, ("profile", "key", *SETTINGS)))
    # The key of a fleet's secrets, of which a shop of this machine knows nothing.
    said.pop("key", None)
    variable = said.pop("profile", None)
    settings = find(file)
    chosen = _chosen(name or variable, settings, said)
    values, sources = _of_file(settings, chosen)
    values |= _of_variables(said)
    sources |= {key: _variable(key) for key in said}
    if name or variable:
        sources["profile"] = _variable("profile") if name in (None, "", variable) else "--profile"
    return _profile(chosen, values, sources, options)


def of_settings(name: str | None, settings: Mapping[str, Any], **options: str | None) -> Profile:
    """Return a profile whose settings a program holds, as the file would have them; no file and no variable counts.

    Raises Refusal for a key or a value that is wrong.
    """
    try:
        values = dict(table_of(SETTINGS)(settings))
    except BadValue as error:
        raise _refusal(error, HELD) from None
    return _profile(name or DEFAULT, values, {".".join(keys): HELD for keys in _all_keys(settings)}, options)


def _profile(name: str, values: _Values, sources: _Sources, options: Mapping[str, str | None]) -> Profile:
    _check_settle(values, sources)
    values["limits"] = {**values.get("limits", {}), "": _of_all_calls(values)}
    given = {key: value for key, value in options.items() if value is not None}
    sources |= {key: f"--{key}" for key in given}
    return Profile(**{**values, **given, "profile": name}, sources=sources)


def profiles(file: Path | None) -> tuple[Path | None, tuple[str, ...]]:
    """Return the settings file that is in use, if there is one, and the names of its profiles."""
    settings = find(file)
    return (settings.path, tuple(settings.profiles)) if settings else (None, ())


def _of_file(settings: SettingsFile | None, chosen: str) -> tuple[_Values, _Sources]:
    """Return what the file says of a profile, and where."""
    said = settings.profiles.get(chosen, {}) if settings else {}
    if settings is None or not said:
        return {}, {}
    place = partial(settings.place, PROFILES, chosen)
    try:
        values = dict(table_of(SETTINGS)(said))
    except BadValue as error:
        raise _refusal(error, place(*error.keys)) from None
    return values, {".".join(keys): place(*keys) for keys in _all_keys(said)}


def _all_keys(said: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    """Yield the keys of a profile, those of each of its tables, and its rules by their places."""
    for key, value in said.items():
        yield (key,)
        if isinstance(value, dict):
            yield from ((key, part) for part in value)
    yield from (("rules", str(index)) for index in range(len(said.get("rules", ()))))


def _of_variables(said: Mapping[str, str]) -> _Values:
    try:
        return dict(table_of(SETTINGS)({key: spelt(SETTINGS[key], value) for key, value in said.items()}))
    except BadValue as error:
        raise _refusal(error, _variable(error.keys[0])) from None


def _variable(key: str) -> str:
    return ENV_PREFIX + key.upper()


def _check_settle(values: _Values, sources: _Sources) -> None:
    gateway = values.get("gateway")
    if gateway and values.get("settle", SHORTEST_SETTLE) < SHORTEST_SETTLE and not _on_this_machine(gateway):
        wrong = bad("settle")
        wrong.keys = ("settle",)
        raise _refusal(wrong, sources["settle"])


def _on_this_machine(gateway: str) -> bool:
    try:
        return urlsplit(gateway).hostname in LOOPBACK
    except ValueError:
        return False


def _of_all_calls(values: _Values) -> RateLimit:
    return RateLimit(values.get("calls_per_second"), values.get("calls_per_day"))


def _refusal(error: BadValue, file: str) -> Refusal:
    place = ".".join(error.keys)
    if error.reason is None:
        near = nearest(error.keys[-1], error.known)
        return Refusal(say("config.unknown", place=place, nearest=near, file=file))
    return Refusal(say("config.wrong", place=place, reason=error.reason, file=file))


def _chosen(asked: str | None, settings: SettingsFile | None, variables: Mapping[str, str]) -> str:
    """Return the profile's name; raises Refusal for one that the file hasn't, and that no variables make whole."""
    listed = settings.profiles if settings else {}
    # Secrets may have come of a login.
    whole = "gateway" in variables and "app_key" in variables
    if asked and asked not in listed and (listed or asked != DEFAULT) and not whole:
        raise _no_profile(asked, settings)
    return asked or DEFAULT


def _no_profile(asked: str, settings: SettingsFile | None) -> Refusal:
    if settings is None or not settings.profiles:
        return Refusal(say("config.no_such_profile", name=asked))
    known = ", ".join(sorted(settings.profiles))
    close = nearest(asked, settings.profiles)
    meant = (say("config.meant", name=close),) if close in settings.profiles else ()
    return Refusal(say("config.no_profile", name=asked, known=known, file=settings.path, meant=Joined(meant)))

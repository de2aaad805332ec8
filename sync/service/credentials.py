"""Who calls, and on whose behalf: app secret and access token, from settings or secret store."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from sync.config import ENV_PREFIX, HELD, Profile
from sync.errors import Refusal
from sync.messages import say

if TYPE_CHECKING:
    from collections.abc import Callable

    from sync.gateway.auth import Access, RenewingToken
    from sync.gateway.authority import AuthorizationClient
    from sync.gateway.secret_store import SecretStore


def owner_of(profile: Profile) -> str:
    """Return whose secrets a profile's are: a token of another application, or gateway, is never sent to this one."""
    return f"{profile.profile}:{profile.app_key}@{urlsplit(profile.gateway).netloc.rpartition('@')[2]}"


def secret_store(profile: Profile) -> SecretStore:
    """Return where this profile's secrets are kept. Raises Refusal if the keyring it asks for isn't there."""
    place, owner = Path(profile.secrets_place).expanduser(), owner_of(profile)
    if not profile.keyring:
        from sync.gateway.secret_store import SecretsFile

        return SecretsFile(place, owner)
    try:
        from sync.gateway.system_keyring import SystemKeyring
    except ImportError:
        raise Refusal(say("secrets.no_keyring")) from None
    return SystemKeyring(owner, place)


def app_secret(profile: Profile, kept: SecretStore) -> str:
    """Return the app secret, of the settings or else of the secret store. Raises Refusal if there is none."""
    secret = profile.app_secret or kept.read().app_secret
    if not secret:
        raise missing("app_secret", profile)
    return secret


def access(profile: Profile, kept: SecretStore, now: Callable[[], datetime]) -> Access:
    """Return what the client gets its tokens from: the settings' own token as it is, else the stored one, renewed.

    Raises Refusal if there is neither.
    """
    from sync.gateway.auth import FixedToken

    session = profile.session
    return FixedToken(session) if session else renewing(profile, kept, now)


def given_by(profile: Profile) -> str:
    """Name the variable, or else the setting, that gave the access token; empty: a login did."""
    if not profile.session:
        return ""
    variable = f"{ENV_PREFIX}SESSION"
    return variable if profile.sources.get("session") == variable else "session"


def renewing(profile: Profile, kept: SecretStore, now: Callable[[], datetime]) -> RenewingToken:
    """Return the secret store's token. Raises Refusal if there is none."""
    from sync.gateway.auth import RenewingToken

    token = kept.read().token
    if token is None:
        raise missing("session", profile)
    return RenewingToken(token, kept, authority(profile, app_secret(profile, kept), now), now)


def authority(profile: Profile, secret: str, now: Callable[[], datetime]) -> AuthorizationClient:
    """Return the authorization server of the profile's gateway. Raises Refusal where none is known."""
    from sync.gateway.authority import AuthorizationClient, authority_of
    from sync.gateway.transport import Transport

    return AuthorizationClient(
        authority_of(profile.gateway), profile.app_key, secret, Transport(profile.timeout), now
    )


def missing(name: str, profile: Profile) -> Refusal:
    """Say that a secret is neither in the settings nor in the secret store."""
    if profile.sources.get("app_key") == HELD:
        return Refusal(say("auth.missing.held", names=name))
    return Refusal(say("auth.missing", names=name, variables=ENV_PREFIX + name.upper()))

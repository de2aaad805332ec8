"""The operating system's keyring as a secret store. Needs the optional library: `pip install "itemsync[keyring]"`."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path

import keyring
from keyring.errors import KeyringError
from pydantic import ValidationError

from sync.errors import Refusal
from sync.gateway.secret_store import JSON, Lock, Secrets
from sync.messages import say

SERVICE = "itemsync"
"""Under this name the keyring lists what is ours; an owner is a user name there."""


class SystemKeyring:
    """One owner's secrets in the system's keyring. See `SecretStore`."""

    def __init__(self, owner: str, beside: Path) -> None:
        """`beside`: the file by whose lock processes wait for each other; a keyring has none."""
        self._owner = owner
        self._lock = Lock(beside)

    @property
    def place(self) -> str:
        """See `SecretStore.place`."""
        return f"{keyring.get_keyring().name} ({SERVICE}, {self._owner})"

    def read(self) -> Secrets:
        """See `SecretStore.read`."""
        try:
            text = keyring.get_password(SERVICE, self._owner)
            return JSON.validate_json(text) if text else Secrets()
        except (KeyringError, ValidationError) as error:
            raise self._refused(error) from None

    def write(self, secrets: Secrets) -> None:
        """See `SecretStore.write`."""
        try:
            if secrets != Secrets():
                keyring.set_password(SERVICE, self._owner, JSON.dump_json(secrets).decode())
            elif keyring.get_password(SERVICE, self._owner) is not None:
                keyring.delete_password(SERVICE, self._owner)
        except KeyringError as error:
            raise self._refused(error) from None
        if self.read() != secrets:
            # Such as the "null" keyring, which takes everything and keeps nothing.
            raise Refusal(say("secrets.keyring", reason="nothing was kept"))

    def locked(self) -> AbstractContextManager[None]:
        """See `SecretStore.locked`."""
        return self._lock.held()

    def _refused(self, error: Exception) -> Refusal:
        return Refusal(say("secrets.keyring", reason=type(error).__name__))

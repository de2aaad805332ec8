"""Where app secret and token are kept between two commands: a private file, or the system's keyring.

What is kept belongs to an *owner*: profile, application and authorization server. So a token that a sandbox gave is
never sent to the platform, and two shops whose profiles have the same name don't overwrite each other's.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from filelock import FileLock, Timeout

from sync.errors import GatewayDown, Refusal
from sync.gateway.token import Token
from sync.json_forms import JsonForm
from sync.messages import say
from sync.private_files import private_folder, read_private, write_private

LONGEST_WAIT = 90.0
"""Seconds to wait for another process that is just renewing the token."""


@dataclass(frozen=True)
class Secrets:
    """What one owner has."""

    app_secret: str | None = field(default=None, repr=False)
    token: Token | None = None


JSON: JsonForm[Secrets] = JsonForm(Secrets)
"""How secrets are written down."""
_FILE: JsonForm[dict[str, Secrets]] = JsonForm(dict[str, Secrets])


class SecretStore(Protocol):
    """Keeps one owner's secrets. Safe to use from several threads and processes."""

    @property
    def place(self) -> str:
        """Where it is, for people."""

    def read(self) -> Secrets:
        """Return what is kept, empty if that is nothing. Raises Refusal for what can't be read."""

    def write(self, secrets: Secrets) -> None:
        """Keep `secrets` durably instead of what was kept; empty ones leave nothing. Raises Refusal."""

    def locked(self) -> AbstractContextManager[None]:
        """Hold the secret store against every other thread and process; its holder may still read and write.

        Raises Refusal if another holds it for too long.
        """


class SecretsFile:
    """A file that only its owner can read, with the secrets of all owners."""

    def __init__(self, file: Path, owner: str) -> None:
        self._file = file
        self._owner = owner
        self._lock = Lock(file)

    @property
    def place(self) -> str:
        """See `SecretStore.place`."""
        return str(self._file)

    def read(self) -> Secrets:
        """See `SecretStore.read`."""
        return self._all().get(self._owner, Secrets())

    def write(self, secrets: Secrets) -> None:
        """See `SecretStore.write`."""
        with self.locked():
            others = {owner: kept for owner, kept in self._all().items() if owner != self._owner}
            every = {**others, self._owner: secrets} if secrets != Secrets() else others
            write_private(self._file, _FILE.dump_json(every, indent=2).decode() + "\n")

    def locked(self) -> AbstractContextManager[None]:
        """See `SecretStore.locked`."""
        return self._lock.held()

    def _all(self) -> dict[str, Secrets]:
        text = read_private(self._file)
        try:
            return _FILE.validate_json(text) if text else {}
        except ValueError:
            raise Refusal(say("secrets.unreadable", place=self._file)) from None


class Lock:
    """Holds what stands beside `file` against other threads and processes; a dead process doesn't hold it."""

    def __init__(self, file: Path) -> None:
        self._beside = file.with_name(f"{file.name}.lock")
        self._lock = FileLock(self._beside)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold it, at once if this thread holds it already. Raises Refusal where that can't be done."""
        try:
            private_folder(self._beside.parent)
            self._lock.acquire(timeout=LONGEST_WAIT)
        except Timeout:
            raise GatewayDown(say("secrets.busy")) from None
        except OSError:
            raise Refusal(say("secrets.unwritable", place=self._beside)) from None
        try:
            yield
        finally:
            self._lock.release()

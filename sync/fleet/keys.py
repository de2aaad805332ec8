"""The keys that a fleet's secrets are encrypted with (docs/reference/state.md#fleet).

They are in the variable `ITEMSYNC_KEY`, or in a file for its owner alone; the newest stands first. Whatever is
written is encrypted with the key that is in use, until `fleet rekey` goes over to the newest.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken
from platformdirs import user_config_path

from sync.errors import Refusal
from sync.messages import say
from sync.private_files import read_private, write_private

VARIABLE = "ITEMSYNC_KEY"
_KEY = re.compile(r"[\w-]{43}=", re.ASCII)
"""32 bytes in base64, as addresses can have it."""


class Keys:
    """One key or several, the newest first. Never shown, not even by `repr`. Safe for many threads."""

    def __init__(self, keys: Sequence[str], file: Path | None = None) -> None:
        """`keys`: as Fernet has them; `file`: where they come from, None: from the variable.

        Raises Refusal for what is no key.
        """
        self.file = file
        self._fernets = tuple(self._fernet(key) for key in keys)

    @classmethod
    def found(cls, environ: Mapping[str, str] = os.environ, file: Path | None = None) -> Keys | None:
        """Return the variable's keys, else those of the file (None: the user's own); None: there are none.

        Raises Refusal for what is no key, and for a file that others can read.
        """
        if said := _parts(environ.get(VARIABLE, "").split(",")):
            return cls(said)
        file = file or key_file()
        kept = _parts((read_private(file) or "").splitlines())
        return cls(kept, file) if kept else None

    @classmethod
    def made(cls, file: Path | None = None) -> Keys:
        """Make a file with a first key. Raises Refusal where that can't be done."""
        keys = cls((), file or key_file())
        keys.add()
        return keys

    @property
    def place(self) -> str:
        """Where they come from, for people."""
        return str(self.file) if self.file else VARIABLE

    def add(self) -> None:
        """Put a new key before those of the file. Raises Refusal where it can't be written."""
        assert self.file is not None  # noqa: S101 - nobody can write a variable of another process
        lines = _parts((read_private(self.file) or "").splitlines())
        write_private(self.file, "\n".join((Fernet.generate_key().decode(), *lines)) + "\n")
        self._reload()

    def encrypt(self, plain: bytes, like: bytes | None = None) -> bytes:
        """Encrypt with the key that `like` is encrypted with, which is the one in use; None: with the newest.

        Raises Refusal where that key isn't among these.
        """
        fernet = self._fernets[0] if like is None else self._opened(like)[0]
        return fernet.encrypt(plain)

    def decrypt(self, token: bytes) -> bytes:
        """Return what was encrypted. Raises Refusal where none of these keys fits."""
        return self._opened(token)[1]

    def newest_made(self, token: bytes) -> bool:
        """Whether something is encrypted with the newest key. Raises Refusal where none of the keys fits."""
        return self._opened(token)[0] is self._fernets[0]

    def _opened(self, token: bytes) -> tuple[Fernet, bytes]:
        found = self._try(token)
        if found is None and self.file:
            # Somebody may have put a newer file there, while this process goes on.
            self._reload()
            found = self._try(token)
        if found is None:
            raise Refusal(say("fleet.key.wrong", place=self.place))
        return found

    def _try(self, token: bytes) -> tuple[Fernet, bytes] | None:
        for fernet in self._fernets:
            try:
                return fernet, fernet.decrypt(token)
            except InvalidToken:
                continue
        return None

    def _reload(self) -> None:
        assert self.file is not None  # noqa: S101
        kept = _parts((read_private(self.file) or "").splitlines())
        self._fernets = tuple(self._fernet(key) for key in kept)

    def _fernet(self, key: str) -> Fernet:
        # Fernet itself takes a key that something was added to by mistake.
        if not _KEY.fullmatch(key):
            raise Refusal(say("fleet.key.malformed", place=self.place))
        return Fernet(key)


def is_of_keys(refusal: Refusal) -> bool:
    """Whether something was refused for the keys that this machine has, or lacks."""
    return refusal.message.code.startswith("fleet.key.")


def key_file() -> Path:
    """Return the user's own file of keys."""
    return user_config_path("itemsync", appauthor=False) / "fleet.key"


def _parts(parts: Sequence[str]) -> tuple[str, ...]:
    return tuple(part.strip() for part in parts if part.strip())

"""The seller's authorization, begun at a page: one at a time, on a thread of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from queue import SimpleQueue
from typing import TYPE_CHECKING

from sync.errors import Refusal
from sync.gateway.authority import PASTE
from sync.messages import Message, say
from sync.service.credentials import authority, missing
from sync.service.login import by_listening, log_in

if TYPE_CHECKING:
    from sync.config import Profile
    from sync.service.context import Context
    from sync.service.shop import Shop


class Authorizing:
    """Waits for a browser of this machine to come back with the seller's yes. Safe to use from several threads."""

    def __init__(self, open_shop: Callable[[], Shop]) -> None:
        """`open_shop`: opens the shop anew, for another thread."""
        self._open_shop = open_shop
        self._turn = threading.Lock()
        self._thread: threading.Thread | None = None
        self.page = ""
        """The address at which the seller says yes; empty: nobody is waiting."""
        self.trouble: Message | None = None
        """Why the last one came to nothing; None: it didn't."""

    def begin(self, secret: str) -> None:
        """Begin to wait, for at most `login.PATIENCE` seconds; `secret`: the app secret, where none is kept.

        Where somebody waits already, that goes on. Raises Refusal where the browser couldn't come back.
        """
        with self._turn:
            if self._thread and self._thread.is_alive():
                return
            told: SimpleQueue[str | Refusal] = SimpleQueue()
            self.page, self.trouble = "", None
            self._thread = threading.Thread(target=self._wait, args=(secret, told), daemon=True)
            self._thread.start()
            begun = told.get()
            if isinstance(begun, Refusal):
                raise begun
            self.page = begun

    def _wait(self, secret: str, told: SimpleQueue[str | Refusal]) -> None:
        try:
            with self._open_shop() as shop:
                context = shop.context
                given = partial(_given, secret, context.profile)
                log_in(context, given, lambda server: by_listening(context, server, told.put))
        except Refusal as refusal:
            self.trouble = refusal.message
            told.put(refusal)
        finally:
            self.page = ""


def needs_secret(context: Context) -> bool:
    """Whether nobody has given the app secret yet."""
    return not (context.profile.app_secret or context.secrets.read().app_secret)


def pasting_page(context: Context) -> str:
    """Return the address at which the seller says yes and is shown a code. Raises Refusal for an unknown gateway."""
    context.profile.require_gateway()
    # The code is typed by whoever asked for it, so there is nothing to compare the state with.
    return authority(context.profile, "", context.clock.now).page(PASTE, "-")


def authorize_by_code(context: Context, code: str, secret: str) -> None:
    """Turn the code that the seller was shown into an authorization, and keep it. Raises Refusal."""
    if not code.strip():
        raise Refusal(say("authorization.no_code"))
    log_in(context, lambda: _given(secret, context.profile), lambda server: server.exchange(code.strip(), PASTE))


def _given(secret: str, profile: Profile) -> str:
    if not secret:
        raise missing("app_secret", profile)
    return secret

"""Tells people what they should know, once for each change, and its end too (docs/how-to/notify.md).

What is said at one occasion is one message. A robot that errs or hangs harms no run: people are told after the
results are safe, within `TIMEOUT`, and what goes wrong is a warning.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from sync.errors import Refusal
from sync.messages import Joined, Message, say
from sync.service.shop_identity import shop_words

if TYPE_CHECKING:
    from sync.notify.sending import AddressResult
    from sync.service.context import Context

TIMEOUT = 10.0
"""Seconds that a message may take, to all addresses together."""


_LAST = "last"
"""The kind of notice under which the time of the last message is kept."""


class Standing(NamedTuple):
    """How something stands, of which people are told when it changes."""

    kind: str
    """One of `config.KINDS`."""
    subject: str
    """Which one of these, such as a sheet."""
    mark: str
    """What tells this from how it stood before; empty: all is well."""
    message: Message | None
    """What to say of it; None: its change is noted, and nothing said."""


class _Claim(NamedTuple):
    """A change that is ours to tell."""

    news: Standing
    before: str | None


def tell_news(context: Context, news: Callable[[], Iterable[Standing]], pause: timedelta = timedelta()) -> None:
    """Tell of what changed since it was told last, if the profile says to whom. Never raises.

    `news`: finds how things stand; it isn't asked where nobody is to be told. `pause`: so long after the last message
    none is sent, where there is another occasion soon.
    """
    try:
        settings = context.profile.notify
        if settings.urls and not _too_soon(context, pause):
            _tell(context, [one for one in news() if one.kind in settings.on])
    except Refusal as refusal:
        context.tell(say("notify.not_told", reason=refusal.message))
    except Exception as error:  # noqa: BLE001 - a message must not harm the run that it is about
        context.tell(say("notify.failed", kind=type(error).__name__))


def _too_soon(context: Context, pause: timedelta) -> bool:
    from sync.state.notices import marked

    last = marked(context.store, _LAST, "") if pause else None
    return bool(last) and context.clock.now() - datetime.fromisoformat(str(last)) < pause


def _tell(context: Context, news: Sequence[Standing]) -> None:
    from sync.state.notices import mark, marked

    claims = [claim for one in news if (claim := _claimed(context, one))]
    said = [claim.news.message for claim in claims if claim.news.message]
    if not said:
        return
    title = say("notify.title", shop=shop_words(context))
    sent: tuple[AddressResult, ...] = ()
    try:
        sent = _send(context, title, Joined(tuple(said), "\n", "\n"))
    finally:
        if not any(one.sent for one in sent):
            # Nobody was told, so the next occasion tells them.
            for claim in claims:
                mark(context.store, claim.news.kind, claim.news.subject, claim.news.mark, claim.before or "")
    last = marked(context.store, _LAST, "")
    mark(context.store, _LAST, "", last, context.clock.now().isoformat())
    if failed := [one.service for one in sent if not one.sent]:
        context.tell(say("notify.unreached", services=", ".join(failed)))


def _claimed(context: Context, news: Standing) -> _Claim | None:
    """Take on telling of a change; None: nothing changed, or another machine tells of it."""
    from sync.state.notices import mark, marked

    before = marked(context.store, news.kind, news.subject)
    if news.mark == (before or ""):
        return None
    return _Claim(news, before) if mark(context.store, news.kind, news.subject, before, news.mark) else None


def _send(context: Context, title: Message, body: Joined) -> tuple[AddressResult, ...]:
    from sync.notify.sending import send

    language = context.sheet_language
    return send(context.profile.notify.urls, title.words(language), body.words(language), TIMEOUT)


def send_test(context: Context) -> tuple[AddressResult, ...]:
    """Send a message that says where it comes from, and nothing else. Raises Refusal where nobody is named."""
    if not context.profile.notify.urls:
        raise Refusal(say("notify.nobody"))
    test = Joined((say("notify.test"),))
    return _send(context, say("notify.title", shop=shop_words(context)), test)

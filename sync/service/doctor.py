"""Whether everything that a run needs is there, each with what to do."""

from __future__ import annotations

import platform
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import NamedTuple

from sync.apply.answers import questions
from sync.config import profiles
from sync.errors import GatewayDown, Refusal
from sync.gateway.transport import Transport
from sync.messages import Message, say
from sync.service.authorization import lasting
from sync.service.connection import ask_gateway
from sync.service.context import Context
from sync.service.credentials import missing
from sync.service.locking import alone, refuse_unfinished
from sync.service.people import Accounts
from sync.service.sheet_port import SheetSource
from sync.service.shop_identity import refuse_another, shop_words, shown_address
from sync.state.usage_ledger import SharedLedger

OLDEST = (3, 11)
"""The Python that this program needs at least."""
MOST_OFF = timedelta(minutes=5)
"""The platform refuses calls whose time is more than ten minutes off (docs/explanation/platform.md#one-call)."""


class Finding(NamedTuple):
    """What a check came to."""

    name: str
    right: bool
    message: Message


def examine(context: Context, sheet: SheetSource | None) -> Iterator[Finding]:
    """Yield what each check came to; the gateway is asked for one thing that changes nothing."""
    yield _python()
    checks: dict[str, Callable[[Context], Message]] = {
        "settings": _settings,
        "state": _state,
        "shop": _shop,
        "lock": _lock,
        "answers": _answers,
        "clock": _clock,
        "token": _token,
        "gateway": _gateway,
        "quota": _quota,
        "approval": _approval,
    }
    for name, check in checks.items():
        if name == "approval" and context.profile.approval == "any":
            continue
        found = _tried(name, check, context)
        yield found
        if name == "settings" and not found.right:
            return
    if sheet is not None:
        yield _tried("sheet", lambda context: _sheet(context, sheet), context)


def _tried(name: str, check: Callable[[Context], Message], context: Context) -> Finding:
    try:
        return Finding(name, right=True, message=check(context))
    except Refusal as refusal:
        return Finding(name, right=False, message=refusal.message)


def _python() -> Finding:
    version = platform.python_version()
    right = sys.version_info >= OLDEST
    message = say("doctor.python" if right else "doctor.python.old", version=version, system=platform.platform())
    return Finding("python", right, message)


def _settings(context: Context) -> Message:
    profile = context.profile
    profile.require_gateway()
    file, _ = profiles(context.config_file)
    return say("doctor.settings", profile=profile.profile, gateway=shown_address(profile.gateway), file=file or "-")


def _state(context: Context) -> Message:
    items, runs = len(context.store.baselines()), len(context.store.runs())
    place = context.store.file or shown_address(context.profile.state_place)
    return say("doctor.state", place=place, items=items, runs=runs)


def _shop(context: Context) -> Message:
    refuse_another(context)
    return shop_words(context)


def _lock(context: Context) -> Message:
    with alone(context):
        refuse_unfinished(context)
    return say("doctor.lock")


def _answers(context: Context) -> Message:
    asked = questions(context.store)
    if asked:
        raise Refusal(say("doctor.answers.open", count=len(asked), question=next(iter(asked.values()))))
    return say("doctor.answers")


def _clock(context: Context) -> Message:
    theirs = Transport(context.profile.timeout).server_time(context.profile.gateway)
    if theirs is None:
        return say("doctor.clock.unknown")
    off = abs(context.clock.now() - theirs)
    if off > MOST_OFF:
        raise Refusal(say("doctor.clock.off", seconds=round(off.total_seconds())))
    return say("doctor.clock", seconds=round(off.total_seconds()))


def _token(context: Context) -> Message:
    profile, now = context.profile, context.clock.now()
    if profile.session:
        return say("auth.fixed", source=context.source("session"))
    token = context.secrets.read().token
    if token is None:
        raise missing("session", profile)
    if not (token.alive(now) or token.renewable(now)):
        raise GatewayDown(say("auth.ended"))
    if not token.writable(now):
        raise GatewayDown(say("auth.read_only"))
    return lasting(token, now)


def _gateway(context: Context) -> Message:
    ask_gateway(context.channel)
    profile = context.profile
    return say("profile.right", profile=profile.profile, gateway=shown_address(profile.gateway))


def _quota(context: Context) -> Message:
    limit = context.profile.limits[""].calls_per_day
    if limit is None:
        return say("doctor.quota.none")
    spent = SharedLedger(context.store.engine, context.profile.app_key).spent("", context.clock.now())
    if spent >= limit:
        raise Refusal(say("gateway.quota", most=limit))
    return say("doctor.quota", spent=spent, most=limit, left=limit - spent)


def _approval(context: Context) -> Message:
    people = Accounts(context).people()
    submit, approve = (sum(one.may(right) for one in people) for right in ("edit", "approve"))
    if not approve or submit < 2:
        raise Refusal(say("doctor.approval.alone", submit=submit, approve=approve))
    return say("doctor.approval", submit=submit, approve=approve)


def _sheet(context: Context, sheet: SheetSource) -> Message:
    said = sheet.read(context, None)
    if open_now := sheet.opened():
        raise Refusal(open_now)
    return say("doctor.sheet", rows=len(said.rows), invalid=sum(row.invalid for row in said.rows))

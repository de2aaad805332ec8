"""`itemsync doctor`: whether everything that a run needs is there, each with what to do."""

from __future__ import annotations

import platform
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from sync.cli.app_context import AppContext
from sync.cli.options import JsonOption
from sync.errors import GatewayDown, Refusal
from sync.messages import Message, say

if TYPE_CHECKING:
    from sync.gateway.token import Token

OLDEST = (3, 11)
"""The Python that this program needs at least."""
MOST_OFF = timedelta(minutes=5)
"""The platform refuses calls whose time is more than ten minutes off (TOP-PROTOCOL section 1)."""


class CheckResult(NamedTuple):
    """What a check came to."""

    name: str
    right: bool
    message: Message


def add_to(app: typer.Typer) -> None:
    """Add this file's commands."""
    app.command()(doctor)


def doctor(
    context: typer.Context,
    sheet: Annotated[Path | None, typer.Argument(metavar="SHEET", help="help.sheet", show_default=False)] = None,
    json: JsonOption = False,
) -> int:
    """Look at everything that a run needs; the gateway is asked for one thing that changes nothing."""
    app: AppContext = context.obj
    found: list[CheckResult] = []
    for finding in _findings(app, sheet):
        found.append(finding)
        app.say(say(f"doctor.{'right' if finding.right else 'wrong'}", name=_name(finding), words=finding.message))
    if json:
        checks = [
            {"name": one.name, "right": one.right, "message": one.message.words(app.safe_language)} for one in found
        ]
        app.document({"checks": checks})
    return 0 if all(finding.right for finding in found) else 1


def _name(finding: CheckResult) -> Message:
    return say(f"doctor.name.{finding.name}")


def _findings(app: AppContext, sheet: Path | None) -> Iterator[CheckResult]:
    yield _python()
    checks: dict[str, Callable[[AppContext], Message]] = {
        "settings": _settings,
        "state": _state,
        "shop": _shop,
        "lock": _lock,
        "answers": _answers,
        "clock": _clock,
        "token": _token,
        "gateway": _gateway,
        "quota": _quota,
    }
    for name, check in checks.items():
        yield _tried(name, check, app)
        if name == "settings" and not _tried(name, check, app).right:
            return
    if sheet is not None:
        yield _tried("sheet", lambda app: _sheet(app, sheet), app)


def _tried(name: str, check: Callable[[AppContext], Message], app: AppContext) -> CheckResult:
    try:
        return CheckResult(name, right=True, message=check(app))
    except Refusal as refusal:
        return CheckResult(name, right=False, message=refusal.message)


def _python() -> CheckResult:
    version = platform.python_version()
    right = sys.version_info >= OLDEST
    message = say("doctor.python" if right else "doctor.python.old", version=version, system=platform.platform())
    return CheckResult("python", right, message)


def _settings(app: AppContext) -> Message:
    from sync.cli.profiles import shown_address
    from sync.config import profiles

    profile = app.profile
    profile.require_gateway()
    file, _ = profiles(app.config_file)
    return say("doctor.settings", profile=profile.profile, gateway=shown_address(profile.gateway), file=file or "-")


def _state(app: AppContext) -> Message:
    from sync.cli.profiles import shown_address

    items, runs = len(app.store.baselines()), len(app.store.runs())
    place = app.store.file or shown_address(app.profile.state_place)
    return say("doctor.state", place=place, items=items, runs=runs)


def _lock(app: AppContext) -> Message:
    from sync.state.lock import only_one

    with only_one(app.store, app.clock.now):
        if unfinished := app.store.unfinished():
            raise Refusal(say("run.unfinished", run=unfinished.id, sheet=unfinished.sheet))
    return say("doctor.lock")


def _shop(app: AppContext) -> Message:
    from sync.service.shop_identity import refuse_another, shop_words

    refuse_another(app)
    return shop_words(app)


def _answers(app: AppContext) -> Message:
    from sync.apply.answers import questions

    asked = questions(app.store)
    if asked:
        raise Refusal(say("doctor.answers.open", count=len(asked), question=next(iter(asked.values()))))
    return say("doctor.answers")


def _clock(app: AppContext) -> Message:
    from sync.gateway.transport import Transport

    theirs = Transport(app.profile.timeout).server_time(app.profile.gateway)
    if theirs is None:
        return say("doctor.clock.unknown")
    off = abs(app.clock.now() - theirs)
    if off > MOST_OFF:
        raise Refusal(say("doctor.clock.off", seconds=round(off.total_seconds())))
    return say("doctor.clock", seconds=round(off.total_seconds()))


def _token(app: AppContext) -> Message:
    from sync.cli.auth import lasting
    from sync.service.credentials import missing, secret_store

    profile = app.profile
    if profile.session.get_secret_value():
        return say("auth.fixed", source=app.source("session"))
    token: Token | None = secret_store(profile).read().token
    if token is None:
        raise missing("session")
    now = app.clock.now()
    if not (token.alive(now) or token.renewable(now)):
        raise GatewayDown(say("auth.ended"))
    if not token.writable(now):
        raise GatewayDown(say("auth.read_only"))
    return lasting(app, token)


def _gateway(app: AppContext) -> Message:
    from sync.call import Outcome
    from sync.cli.profiles import NO_ITEM, shown_address

    reply = app.channel.read([NO_ITEM], lambda _: None)[NO_ITEM]
    if reply.error and reply.outcome is not Outcome.FAILED:
        raise GatewayDown(reply.error)
    profile = app.profile
    return say("profile.right", profile=profile.profile, gateway=shown_address(profile.gateway))


def _quota(app: AppContext) -> Message:
    from sync.state.usage_ledger import SharedLedger

    limit = app.profile.limits[""].calls_per_day
    if limit is None:
        return say("doctor.quota.none")
    spent = SharedLedger(app.store.engine, app.profile.app_key).spent("", app.clock.now())
    if spent >= limit:
        raise Refusal(say("gateway.quota", most=limit))
    return say("doctor.quota", spent=spent, most=limit, left=limit - spent)


def _sheet(app: AppContext, sheet: Path) -> Message:
    from sync.service.reading import opened, read

    said = read(app, sheet, None)
    if open_now := opened(sheet):
        raise Refusal(open_now)
    invalid = sum(row.invalid for row in said.rows)
    return say("cli.checked", rows=len(said.rows), invalid=invalid)

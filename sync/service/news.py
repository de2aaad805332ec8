"""What there is to tell of: runs, ticks, the authorization, the week (docs/how-to/notify.md)."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sync.call import Result
from sync.errors import GatewayDown, GuardTripped
from sync.item import SHOP_TIME, clock_text
from sync.messages import Message, listed, say
from sync.service.notifying import Standing, tell_news
from sync.service.stopping import goes_on

if TYPE_CHECKING:
    from sync.call import RowResult
    from sync.gateway.token import Token
    from sync.service.context import Context
    from sync.service.planned import Planned
    from sync.service.run import Run
    from sync.service.watching import Round

NEEDS = (Result.INVALID, Result.FAILED, Result.SKIPPED, Result.BLOCKED, Result.UNKNOWN)
"""Results that need a person."""
NAMED = 5
"""Codes that a message names."""
KEPT = 1_000
"""Rows in need that are remembered one by one."""
SILENT = timedelta(minutes=30)
"""So long a shop can't be reached before people are told."""
PAUSE = timedelta(seconds=4)
"""Between two messages of ticks, each at its own moment: robots take 20 a minute."""
BEFORE = timedelta(days=7)
"""So long before an authorization ends people are told."""


def after_run(context: Context, runs: Iterable[Run]) -> None:
    """Tell of runs that need a person, and of what needs nobody any more."""

    def news() -> Iterator[Standing]:
        for run in runs:
            if not run.finished and goes_on(context.stop):
                continue
            yield from _of_results(context, run.id, run.results, finished=run.finished)
        yield from _of_the_shop(context)

    tell_news(context, news)


def after_answers(context: Context, codes: Iterable[str]) -> None:
    """Tell that a person has dealt with rows."""
    tell_news(context, lambda: [_of_rows(context, None, dict.fromkeys(codes))])


def after_plan(context: Context, planned: Planned) -> None:
    """Tell of what the platform, and not the sheet, has changed."""
    if planned.request and planned.request.choices.only is None:
        tell_news(context, lambda: [_of_drift(planned), *_of_the_shop(context)])


def after_tick(context: Context, ended: Round, sheet: str) -> None:
    """Tell of a tick of `watch`: its guards, its runs, and a shop that can't be reached."""

    def news() -> Iterator[Standing]:
        for run in filter(None, (ended.taken_up, ended.tick.done)):
            if not run.finished and goes_on(context.stop):
                continue
            yield from _of_results(context, run.run, run.results, finished=run.finished)
        yield _of_guards(ended, sheet)
        yield from _of_silence(context, ended, sheet)
        yield from _of_the_shop(context)

    tell_news(context, news, PAUSE)


# --- runs ------------------------------------------------------------------------------------------------------
def _of_results(context: Context, run: int, results: Sequence[RowResult], *, finished: bool) -> Iterator[Standing]:
    ended = {one.outer_id or f"#{one.row}": one.result.value if one.result in NEEDS else None for one in results}
    yield _of_rows(context, run, ended)
    if finished:
        yield Standing("run", "unfinished", "", say("notify.run.finished", run=run))
    else:
        yield Standing("run", "unfinished", str(run), say("notify.run.unfinished", run=run))


def _of_rows(context: Context, run: int | None, ended: Mapping[str, str | None]) -> Standing:
    """Return which rows of the shop need a person now, by their code: those of before, and what became of `ended`."""
    from sync.state.notices import marked

    before: dict[str, str] = json.loads(marked(context.store, "run", "rows") or "{}")
    needs = {code: result for code, result in {**before, **ended}.items() if result}
    kept = dict(sorted(needs.items())[:KEPT])
    if not kept:
        return Standing("run", "rows", "", say("notify.run.over"))
    counts = Counter(needs.values())
    told = [say("notify.count", name=Result(result), count=count) for result, count in counts.items()]
    some = listed(sorted(needs)[:NAMED])
    message = say("notify.run", run=run or "-", count=len(needs), counts=listed(told), codes=some)
    return Standing("run", "rows", json.dumps(kept, ensure_ascii=False), message)


# --- watch -----------------------------------------------------------------------------------------------------
def _of_guards(ended: Round, sheet: str) -> Standing:
    guards = ended.trouble.guards if isinstance(ended.trouble, GuardTripped) else ()
    if not guards:
        return Standing("guard", sheet, "", say("notify.guard.over"))
    names = ",".join(guard.name for guard in guards)
    rows = sorted({row.outer_id for guard in guards for row in guard.rows})
    message = say("notify.guard", names=names, count=len(rows), codes=listed(rows[:NAMED]))
    return Standing("guard", sheet, f"{names} {_digest(rows)}", message)


def _of_silence(context: Context, ended: Round, sheet: str) -> Iterator[Standing]:
    """Yield that the platform can't be reached once that has lasted, and that it can again."""
    from sync.state.notices import marked

    if not isinstance(ended.trouble, GatewayDown):
        told = (marked(context.store, "silent", sheet) or "").startswith("!")
        yield Standing("silent", sheet, "", say("notify.silent.over") if told else None)
        return
    before = marked(context.store, "silent", sheet) or ""
    since = datetime.fromisoformat(before[1:]) if before else ended.at
    lasted = ended.at - since >= SILENT
    if before.startswith("!"):
        return
    message = say("notify.silent", since=clock_text(since), reason=ended.trouble.message)
    yield Standing("silent", sheet, f"{'!' if lasted else '?'}{since.isoformat()}", message if lasted else None)


# --- the shop --------------------------------------------------------------------------------------------------
def _of_the_shop(context: Context) -> Iterator[Standing]:
    yield from _of_authorization(context)
    yield from _of_week(context)


def _of_authorization(context: Context) -> Iterator[Standing]:
    profile, now = context.profile, context.clock.now()
    if profile.session:
        return
    token = context.secrets.read().token
    if token is None:
        return
    end = _end(token, now)
    if end is None or end - now > BEFORE:
        yield Standing("authorization", "", "", say("notify.authorization.over"))
    else:
        yield Standing("authorization", "", end.isoformat(), say("notify.authorization", at=clock_text(end)))


def _end(token: Token, now: datetime) -> datetime | None:
    """Return when a person has to say yes again; None: nobody knows."""
    return token.refresh_until if token.renewable(now) else token.until


def _of_week(context: Context) -> Iterator[Standing]:
    """Yield the digest once a week, at the first occasion; the first week of all is only noted."""
    from sync.state.notices import marked

    year, week, _ = context.clock.now().astimezone(SHOP_TIME).isocalendar()
    mark = f"{year}-W{week:02}"
    before = marked(context.store, "digest", "")
    if "digest" in context.profile.notify.on and before != mark:
        yield Standing("digest", "", mark, None if before is None else _digest_of_week(context))


def _digest_of_week(context: Context) -> Message:
    from sync.service.insight import insight

    week, usual = insight(context, None, 1).summary, insight(context, None, None).summary
    return say(
        "notify.digest",
        sold=week.sold,
        out=usual.bands["out"],
        low=usual.bands["low"],
        slow=usual.slow,
        suggested=usual.suggested,
    )


def drifted(planned: Planned) -> dict[str, list[str]]:
    """Return what was changed at the platform, by code: each path with what it holds now."""
    from sync.plan.plan import Verdict

    found: dict[str, list[str]] = {}
    for row in planned.rows:
        for one in row.decisions:
            if one.verdict in (Verdict.DRIFT, Verdict.CONFLICT):
                found.setdefault(row.row.outer_id, []).append(f"{one.path} {one.remote!r}")
    return found


def _of_drift(planned: Planned) -> Standing:
    found, subject = drifted(planned), planned.origin.sheet
    if not found:
        return Standing("drift", subject, "", say("notify.drift.over"))
    message = say("notify.drift", count=len(found), codes=listed(sorted(found)[:NAMED]))
    return Standing("drift", subject, _digest(f"{code} {one}" for code in found for one in found[code]), message)


def _digest(parts: Iterable[str]) -> str:
    """Return a short text that tells one set of texts from another."""
    return hashlib.sha256("\n".join(sorted(parts)).encode()).hexdigest()[:16]

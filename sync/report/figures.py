"""A plan or a run in numbers: how many rows of each kind, how many calls, how long, how much of the day's quota."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil

from sync.call import Result, RowResult
from sync.messages import Joined, Language, Message, say, sentences
from sync.plan.by_row import ByRow
from sync.plan.effort import Effort
from sync.plan.plan import Action, Plan, Verdict
from sync.report.tiles import Tile


@dataclass(frozen=True)
class Share:
    """What a plan takes of one limit."""

    calls: int
    """Of this plan, those that the limit counts."""
    a_second: float | None = None
    """Calls that are allowed; None: no limit."""
    a_day: int | None = None
    spent: int = 0
    """Calls that were made today already."""
    method: str = ""
    """The platform's method that the limit is for; empty: all calls of the application."""

    @property
    def seconds(self) -> float:
        """How long these calls take at the limit."""
        return self.calls / self.a_second if self.a_second else 0.0


def plan_tiles(plan: Plan, language: Language) -> tuple[Tile, ...]:
    """Count the plan's rows by action, then those where the platform changed too, or the sheet is old."""
    numbers = plan.summary
    actions = (Tile(one.value, ending_words(one, language), getattr(numbers, one.value)) for one in Action)
    verdicts = (
        Tile(one.value, say(f"verdict.{one.value}").words(language), getattr(numbers, one.value))
        for one in (Verdict.DRIFT, Verdict.CONFLICT, Verdict.STALE)
        if one is not Verdict.STALE or numbers.stale
    )
    return (*actions, *verdicts)


def result_tiles(results: Iterable[RowResult], language: Language) -> tuple[Tile, ...]:
    """Count a run's rows by result."""
    counts = Counter(result.result for result in results)
    return tuple(Tile(result.value, ending_words(result, language), counts[result]) for result in Result)


def ending_words(ending: Action | Result, language: Language) -> str:
    """Name an action or a result for staff; a row that needs nothing is "unchanged", not "none"."""
    if ending in (Action.NONE, Result.NONE):
        return say("report.unchanged").words(language)
    room = "action" if isinstance(ending, Action) else "result"
    return say(f"{room}.{ending.value}").words(language)


def cost(plan: Plan, shares: Sequence[Share], work: Effort | None = None) -> Joined:
    """Say how many calls the plan makes, how long that takes at the limits, and what it is of today's quotas.

    `work`: the calls that will be made; None: those of the plan, and no looks.
    """
    said = [say("report.calls", calls=work.calls if work else plan.summary.calls)]
    if work and work.again:
        said.append(say("report.calls.again", count=work.again))
    if work and work.back:
        said.append(say("report.calls.back", count=work.back))
    taken = [share for share in shares if share.calls]
    slowest = max(taken, key=lambda share: share.seconds, default=None)
    if slowest and slowest.a_second:
        rate = f"{slowest.a_second:g}"
        said.append(_of_method(slowest, say("report.calls.time", rate=rate, time=_time(slowest.seconds))))
    said += (_of_method(share, _of_today(share, share.a_day)) for share in taken if share.a_day is not None)
    return sentences(said)


def _of_today(share: Share, quota: int) -> Message:
    left = max(0, quota - share.spent)
    known = {"quota": quota, "spent": share.spent}
    if share.calls > left:
        return say("report.calls.over", **known, left=left)
    return say("report.calls.quota", **known, share=_percent(share.calls / quota), left=left - share.calls)


def _of_method(share: Share, said: Message) -> Message:
    return say("report.calls.method", method=share.method, said=said) if share.method else said


def unread(plan: Plan) -> Message | None:
    """Say how many items were not read, and what that means; None: all were."""
    rows = ByRow.of(plan.rows)
    count = rows.unread_rows + sum(row.unread for row in rows.busy)
    return say("report.unread", count=count) if count else None


def _time(seconds: float) -> Message:
    """Say a time as one would aloud: under a minute and a half in seconds, then in minutes, rounded up."""
    if seconds < 90:
        return say("report.seconds", count=max(1, ceil(seconds)))
    return say("report.minutes", count=ceil(seconds / 60))


def _percent(share: float) -> str:
    return f"{share:.1%}" if share >= 0.001 else "<0.1%"

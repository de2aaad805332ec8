"""A plan or a run in numbers: how many rows of each kind, how many calls, how long, how much of the day's quota."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from math import ceil

from sync.call import Result, RowResult
from sync.messages import Joined, Language, Message, say
from sync.plan.plan import Action, Plan, Verdict

RESULTS_IN_ORDER = (
    Result.DONE,
    Result.FAILED,
    Result.SKIPPED,
    Result.UNKNOWN,
    Result.INVALID,
    Result.BLOCKED,
    Result.NONE,
)


@dataclass(frozen=True)
class Facts:
    """What a plan costs depends on the profile's limits; None: not known, not said."""

    calls_per_second: float | None = None
    calls_per_day: int | None = None


@dataclass(frozen=True)
class Tile:
    """One number with its name; `key` is also its colour and the page's filter."""

    key: str
    label: str
    count: int


def plan_tiles(plan: Plan, language: Language) -> tuple[Tile, ...]:
    """Count the plan's rows by action, then those where the platform changed too."""
    summary = plan.summary
    return (
        *(
            Tile(action.value, ending_words(action, language), getattr(summary, action.value))
            for action in (
                Action.PUBLISH,
                Action.UPDATE,
                Action.DELETE,
                Action.NONE,
                Action.INVALID,
                Action.BLOCKED,
            )
        ),
        Tile("drift", say(f"verdict.{Verdict.DRIFT.value}").words(language), summary.drift),
        Tile("conflict", say(f"verdict.{Verdict.CONFLICT.value}").words(language), summary.conflict),
    )


def result_tiles(results: Iterable[RowResult], language: Language) -> tuple[Tile, ...]:
    """Count a run's rows by result."""
    counts = Counter(result.result for result in results)
    return tuple(Tile(result.value, ending_words(result, language), counts[result]) for result in RESULTS_IN_ORDER)


def ending_words(ending: Action | Result, language: Language) -> str:
    """Name an action or a result for staff; a row that needs nothing is "unchanged", not "none"."""
    if ending in (Action.NONE, Result.NONE):
        return say("report.unchanged").words(language)
    room = "action" if isinstance(ending, Action) else "result"
    return say(f"{room}.{ending.value}").words(language)


def cost(plan: Plan, facts: Facts, language: Language) -> Joined:
    """Say how many calls the plan makes, how long that takes at the limit, and how much of a day's quota it is."""
    calls = plan.summary.calls
    said = [say("report.calls", calls=calls)]
    if calls and facts.calls_per_second:
        rate = facts.calls_per_second
        said.append(say("report.calls.time", rate=f"{rate:g}", time=_time(calls / rate)))
    if calls and facts.calls_per_day:
        share = calls / facts.calls_per_day
        code = "report.calls.quota" if share <= 1 else "report.calls.over"
        said.append(say(code, quota=facts.calls_per_day, share=_percent(share)))
    return Joined(tuple(said), "" if language == "zh" else " ")


def _time(seconds: float) -> Message:
    """Say a time as one would aloud: under a minute and a half in seconds, then in minutes, rounded up."""
    if seconds < 90:
        return say("report.seconds", count=max(1, ceil(seconds)))
    return say("report.minutes", count=ceil(seconds / 60))


def _percent(share: float) -> str:
    return f"{share:.1%}" if share >= 0.001 else "<0.1%"

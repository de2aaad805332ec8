"""A day of many shops on a clock that nobody waits for: the fleet's own rules of what is due, and who goes first.

The queue and the hands are played; periods, moments and priorities are the program's (`schedules.Every`, `Order`).
"""

from __future__ import annotations

import heapq
from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from statistics import quantiles

from sync.fleet.dispatch import PERIOD
from sync.fleet.engine import Order, Task
from sync.fleet.schedules import Every, parsed

START = datetime(2026, 11, 29, 16, 0, tzinfo=UTC)
"""Midnight in China, at the beginning of a Monday."""
DAY = 86_400
TICK = parsed("5m")
WEEKLY = parsed("0 8 * * 1")
"""All shops want their plan at the same minute."""
LASTS = {Task.TICK: 1.0, Task.PLAN: 10.0, Task.APPLY: 20.0}
"""Seconds that a hand is busy with an order; a longer run comes in slices of that."""


@dataclass
class Day:
    """What became of a day."""

    shops: int
    hands: int
    late: list[float] = field(default_factory=list)
    """Of each tick, how many seconds after its moment it began."""
    of_round: list[int] = field(default_factory=list)
    """Of each round, how many schedules it had in hand."""
    ended: int = 0
    """Weekly runs that came to their end."""
    merged: int = 0
    """Ticks that found one of their shop still waiting."""

    def line(self) -> str:
        """Return a row of the table."""
        p50, p99 = quantiles(self.late, n=100)[49], quantiles(self.late, n=100)[98]
        rounds = f"{sum(self.of_round) / len(self.of_round):>9.1f} {max(self.of_round):>7}"
        told = f"{len(self.late):>9} {self.merged:>7} {p50:>6.1f} {p99:>6.1f} {max(self.late):>6.1f}"
        return f"{self.shops:>6} {self.hands:>6} {told} {rounds} {self.ended:>7}"


HEADER = " shops  hands     ticks  merged  p50 s  p99 s  max s  due/round    most   weekly"


class _Played:
    """The queue and the hands."""

    def __init__(self, day: Day) -> None:
        self.day = day
        self.queue: list[tuple[int, int, Order, float]] = []
        self.waiting: set[Order] = set()
        self.blocked: dict[str, deque[tuple[int, int, Order, float]]] = {}
        self.doing: list[tuple[float, Order]] = []
        self.counter = 0

    def defer(self, order: Order, due: float) -> None:
        if order in self.waiting:
            self.day.merged += order.task is Task.TICK
            return
        self.waiting.add(order)
        self.counter += 1
        heapq.heappush(self.queue, (-order.priority, self.counter, order, due))

    def pass_to(self, now: float, then: float) -> list[tuple[float, Order]]:
        """Let the hands work from `now` on; return what ended before `then`, in its order."""
        ended = []
        self.take(now)
        while self.doing and self.doing[0][0] < then:
            at, order = heapq.heappop(self.doing)
            for one in self.blocked.pop(order.shop, ()):
                heapq.heappush(self.queue, one)
            ended.append((at, order))
            self.take(at)
        return ended

    def take(self, now: float) -> None:
        while self.queue and len(self.doing) < self.day.hands:
            one = heapq.heappop(self.queue)
            order, due = one[2], one[3]
            if order.shop in self.blocked:
                self.blocked[order.shop].append(one)
                continue
            self.blocked[order.shop] = deque()
            self.waiting.discard(order)
            if order.task is Task.TICK:
                self.day.late.append(now - due)
            heapq.heappush(self.doing, (now + LASTS[order.task], order))


def day_of(shops: int, hands: int, random: Random, slices: int = 3) -> Day:
    """Play a day: ticks of all shops, and a weekly plan of each, which a person approves within eight hours.

    `slices`: how many turns a run takes at most.
    """
    day = Day(shops, hands)
    played = _Played(day)
    due: list[tuple[float, Task, str, Every]] = []
    for n in range(shops):
        for task, every in ((Task.TICK, TICK), (Task.PLAN, WEEKLY)):
            heapq.heappush(due, (_after(every, 0.0, f"shop {n}"), task, f"shop {n}", every))
    approved: list[tuple[float, str]] = []
    left = {f"shop {n}": random.randint(1, slices) for n in range(shops)}
    for now in range(0, DAY, PERIOD):
        had = 0
        while due[0][0] <= now:
            at, task, shop, every = due[0]
            heapq.heapreplace(due, (_after(every, now, shop), task, shop, every))
            played.defer(Order(task, shop), at)
            had += 1
        day.of_round.append(had)
        while approved and approved[0][0] <= now:
            at, shop = heapq.heappop(approved)
            played.defer(Order(Task.APPLY, shop, "job"), at)
        for at, order in played.pass_to(now, now + PERIOD):
            if order.task is Task.PLAN:
                heapq.heappush(approved, (at + random.uniform(60, 8 * 3600), order.shop))
            if order.task is Task.APPLY:
                left[order.shop] -= 1
                if left[order.shop]:
                    played.defer(order, at)
                day.ended += not left[order.shop]
    return day


def _after(every: Every, now: float, shop: str) -> float:
    return (every.after(START + timedelta(seconds=now), shop) - START).total_seconds()

"""One application's limit over many processes on one PostgreSQL: how much is used, and who gets what.

The calls only count; nothing is sent.
"""

from __future__ import annotations

import subprocess
import sys
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from time import time

from sync.gateway.batch import MAX_CALLS
from sync.gateway.pace import Limiter
from sync.limits import RateLimit
from sync.state.store import Store
from sync.state.usage_ledger import SharedLedger
from tests.bench.databases import server
from tests.bench.ratio import Ratio

A_SECOND = 1_000
PROCESSES = (1, 4, 16)
PEER = "its limit"
LASTS = 5.0
"""Seconds that are measured, after one in which the processes find to each other."""


def measured() -> Iterator[str | Ratio]:
    """Yield how much of the limit each number of processes uses, and how evenly."""
    yield f"{A_SECOND} calls a second of one application, {MAX_CALLS} a request, {LASTS:.0f} s, PostgreSQL:"
    for processes in PROCESSES:
        with server() as new_place:
            place = new_place()
            Store(place, "shop").close()
            yield from _told(_run(place, processes))


def _run(place: str, processes: int) -> list[list[float]]:
    """Return the moments at which each process's requests left."""
    command = [sys.executable, "-m", "tests.bench.limiter", place]
    running = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(processes)
    ]
    for process in running:
        assert process.stdout and process.stdout.readline() == "ready\n"
    begin = time()
    for process in running:
        assert process.stdin
        print(begin, file=process.stdin, flush=True)
    answers = [process.communicate()[0] for process in running]
    return [[float(moment) - begin - 1 for moment in answer.split()] for answer in answers]


def _told(sent: Sequence[Sequence[float]]) -> Iterator[str | Ratio]:
    within = [[moment for moment in one if 0 <= moment < LASTS] for one in sent]
    shares = [len(one) * MAX_CALLS for one in within]
    moments = sorted(moment for one in within for moment in one)
    fullest = max(bisect_left(moments, moment + 1) - number for number, moment in enumerate(moments)) * MAX_CALLS
    even = sum(shares) / len(shares)
    processes = f"{len(sent)} processes of one application"
    uneven = max(even - min(shares), max(shares) - even) / even
    yield (
        f"  {len(sent):2} processes: {sum(shares) / LASTS / A_SECOND:.1%} used, {fullest} in the fullest second, "
        f"shares from {min(shares) / even - 1:+.0%} to {max(shares) / even - 1:+.0%} of the even one"
    )
    yield Ratio(f"{processes}, calls sent", PEER, sum(shares) / LASTS / A_SECOND, 0.97, more=True)
    yield Ratio(f"{processes}, the fullest second", PEER, fullest / A_SECOND, 1)
    if len(sent) > 1:
        yield Ratio(f"{processes}, furthest from an even share", "an even share", uneven, 0.1)


def _one_process(place: str) -> None:
    store = Store(place, "shop")
    limiter = Limiter({"": RateLimit(A_SECOND)}, SharedLedger(store.engine, "12345678"))
    print("ready", flush=True)
    until = float(sys.stdin.readline()) + 1 + LASTS
    moments = []
    while (moment := _left(limiter)) < until:
        moments.append(moment)
    print(*moments)
    store.close()


def _left(limiter: Limiter) -> float:
    limiter.admit(["taobao.open.item.get"] * MAX_CALLS)
    return time()


if __name__ == "__main__":
    if len(sys.argv) > 1:
        _one_process(sys.argv[1])
    else:
        for line in measured():
            print(line, flush=True)

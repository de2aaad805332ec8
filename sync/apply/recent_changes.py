"""What runs changed just now: a reading that shows what stood there before may be an old copy
(docs/reference/outcomes.md#settle-time)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from sync.apply.executor import Clock
from sync.apply.run import planned_rows
from sync.call import Reply
from sync.fields import INVENTORY
from sync.gateway.channel import Channel, Progress
from sync.item import Item, same
from sync.plan.plan import Change
from sync.state.store import Store


@dataclass(frozen=True)
class Recent:
    """Items that runs changed less than the settling time ago."""

    changes: Mapping[str, tuple[Change, ...]]
    """By item id, the newest first."""
    wait: Callable[[], object]
    """Waits until all copies of the platform's surely agree."""

    def may_be_old(self, item_id: str, seen: Item | None) -> bool:
        """Whether a reading shows the item as it was before a run changed it, and not as the last run left it.

        Of a stock that was moved, any other number may be an old one: some were sold before it was moved.
        """
        changes = self.changes.get(item_id, ())
        if seen is None:
            return bool(changes)
        left = {one.path: one.after for one in reversed(changes)}
        was = {one.path for one in changes if one.path == INVENTORY or same(seen.get(one.path), one.before)}
        return any(not same(seen.get(path), left[path]) for path in was)

    def _any_old(self, item_id: str, reply: Reply) -> bool:
        """Whether a reading is old of the item, or of one of its SKUs."""
        of_skus = any(self.may_be_old(own, sku) for own, sku in reply.skus.items())
        return of_skus or self.may_be_old(item_id, reply.item)

    def read(self, item_ids: Sequence[str], channel: Channel, progress: Progress) -> Mapping[str, Reply]:
        """Read items, and once more those of which an old copy came."""
        replies = channel.read(item_ids, progress)
        old = [one for one, reply in replies.items() if not reply.fatal and self._any_old(one, reply)]
        if not old:
            return replies
        self.wait()
        return {**replies, **channel.read(old, lambda _: None)}


def recent(store: Store, clock: Clock, settle: float) -> Recent:
    """Return what was changed less than `settle` seconds ago."""
    found = tuple(_recent(store, clock, settle))
    left = max((seconds for seconds, _, _ in found), default=0.0)
    changes: dict[str, tuple[Change, ...]] = {}
    for _, item_id, made in found:
        changes[item_id] = (*changes.get(item_id, ()), *made)
    # Whoever has waited once needn't do so for the next items.
    return Recent(changes, cache(lambda: clock.pause(left)))


def _recent(store: Store, clock: Clock, settle: float) -> Iterator[tuple[float, str, tuple[Change, ...]]]:
    """Yield each item with its changes, and the seconds for which readings may still lag."""
    for run in store.runs(counted=False):
        left = _settling(run.finished_at, clock, settle) if run.finished_at else 0.0
        if not left:
            return
        for plan, item_id in planned_rows(store, run.id):
            if plan.changes and item_id:
                yield left, item_id, plan.changes


def _settling(finished_at: datetime, clock: Clock, settle: float) -> float:
    """Return in how many seconds no reading can be older than a run that finished then.

    The wall clock may have been set since: nobody waits longer than after a run that finishes now.
    """
    return max(0.0, settle - max(0.0, (clock.now() - finished_at).total_seconds()))

"""A usage ledger without a state behind it."""

from collections.abc import Sequence
from datetime import date, datetime
from threading import Lock

from pyrate_limiter import InMemoryStateStore, StateStore

from sync.gateway.pace import Charge
from sync.item import SHOP_TIME


class MemoryLedger:
    """What this process alone has called. See `UsageLedger`."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._flows: dict[str, StateStore] = {}
        self._spent: dict[tuple[str, date], int] = {}

    def flow(self, name: str) -> StateStore:
        """See `UsageLedger.flow`."""
        with self._lock:
            return self._flows.setdefault(name, InMemoryStateStore())

    def spend(self, charges: Sequence[Charge], now: datetime) -> bool:
        """See `UsageLedger.spend`."""
        with self._lock:
            spent = {(name, _day(now)): self.spent(name, now) + calls for name, calls, _ in charges}
            if any(spent[name, _day(now)] > most for name, _, most in charges):
                return False
            self._spent |= spent
            return True

    def spent(self, name: str, now: datetime) -> int:
        """See `UsageLedger.spent`."""
        return self._spent.get((name, _day(now)), 0)


def _day(now: datetime) -> date:
    return now.astimezone(SHOP_TIME).date()

"""A usage ledger without a state behind it."""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from threading import Lock

from sync.gateway.pace import Charge
from sync.item import SHOP_TIME
from sync.limits import Reservation


class MemoryLedger:
    """What this process alone has called. See `UsageLedger`."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._next: dict[str, int] = {}
        self._spent: dict[tuple[str, date], int] = {}

    def reserve(self, name: str, cost: int, longest: int, now: Callable[[], datetime]) -> Reservation:
        """See `UsageLedger.reserve`."""
        with self._lock:
            moment = round(now().timestamp() * 1_000_000)
            place = self._next.get(name, 0)
            # So few share this ledger that a place further ahead is of a clock that was set back.
            place = moment if place - moment > longest + 2_000_000 else max(place, moment)
            self._next[name] = place + cost
            return Reservation(True, (place - moment) / 1_000_000)

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

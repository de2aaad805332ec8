"""Slows down whoever guesses passwords, without shutting out the person whose name is used for it."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import ip_address, ip_network

FREE_BY_NAME, FREE_BY_ADDRESS = 5, 10
"""Wrong passwords that cost nothing: people mistype."""
LONGEST_BY_NAME, LONGEST_BY_ADDRESS = 15.0, 60.0
"""Seconds. Shorter by name: a stranger at one address leaves most of the time to the name's owner."""
FORGOTTEN = 900.0
"""Seconds without a wrong password after which the earlier ones don't count."""
MOST = 10_000
"""Names and addresses that are remembered, each."""


@dataclass
class _Failures:
    count: int
    last: float


class _Counter:
    """Counts wrong passwords by a key; the ones that were quiet for longest are forgotten first."""

    def __init__(self, clock: Callable[[], float], free: int, longest: float) -> None:
        self._clock, self._free, self._longest = clock, free, longest
        self._failures: OrderedDict[str, _Failures] = OrderedDict()

    def wait(self, key: str) -> float:
        """Return the seconds until the next try is allowed."""
        found = self._failures.get(key)
        if found is None or found.count < self._free:
            return 0.0
        quiet = self._clock() - found.last
        pause = min(self._longest, 2.0 ** min(found.count - self._free, 10))
        return 0.0 if quiet > FORGOTTEN else max(0.0, pause - quiet)

    def failed(self, key: str) -> None:
        """Count a wrong password."""
        found = self._failures.pop(key, None)
        now = self._clock()
        count = found.count + 1 if found and now - found.last <= FORGOTTEN else 1
        self._failures[key] = _Failures(count, now)
        if len(self._failures) > MOST:
            self._failures.popitem(last=False)

    def take_back(self, key: str) -> None:
        """Count one less."""
        if found := self._failures.get(key):
            found.count -= 1

    def forget(self, key: str) -> None:
        """Count from zero again."""
        self._failures.pop(key, None)


class Slowdown:
    """How long who has to wait before the next try.

    A try within the wait is turned away unread and doesn't prolong it. Where a name was logged in from an address
    before, strangers' guesses at the name don't count there: nobody can shut its owner out.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        """`clock`: seconds by a clock that nobody sets."""
        self._names = _Counter(clock, FREE_BY_NAME, LONGEST_BY_NAME)
        self._addresses = _Counter(clock, FREE_BY_ADDRESS, LONGEST_BY_ADDRESS)
        self._at_home: OrderedDict[tuple[str, str], None] = OrderedDict()

    def wait(self, name: str, address: str) -> float:
        """Return the seconds to wait before a password of `name` is looked at; 0: none."""
        place = _place(address)
        by_name = 0.0 if (name, place) in self._at_home else self._names.wait(name)
        return max(by_name, self._addresses.wait(place))

    def tried(self, name: str, address: str) -> None:
        """Count a try as a wrong password, before it is looked at: many tries at once would all be the first."""
        self._names.failed(name)
        self._addresses.failed(_place(address))

    def succeeded(self, name: str, address: str) -> None:
        """Take back the last try, which was right, and remember that the name's owner logs in from there."""
        place = _place(address)
        self._addresses.take_back(place)
        self._names.forget(name)
        self._at_home[name, place] = None
        self._at_home.move_to_end((name, place))
        if len(self._at_home) > MOST:
            self._at_home.popitem(last=False)


def _place(address: str) -> str:
    """Return what counts as one address: of IPv6, a customer has a whole network."""
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    return str(ip_network((parsed, 64), strict=False)) if parsed.version == 6 else str(parsed)

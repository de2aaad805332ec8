"""A stop that isn't the end: whoever asks for it lets the run go on soon."""

from __future__ import annotations

import threading


class Stop(threading.Event):
    """Asks a job for a clean stop: calls in flight end, and nothing new is begun."""

    goes_on = False
    """Whether the run is taken up again soon: then its results, and who is told of them, wait for its real end."""

    def let_go_on(self) -> None:
        """Ask for a stop after which the run is taken up again soon."""
        self.goes_on = True
        self.set()


def goes_on(stop: threading.Event) -> bool:
    """Whether a run that this stopped is taken up again soon."""
    return isinstance(stop, Stop) and stop.goes_on

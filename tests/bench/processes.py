"""The processor time of whole processes: what a person's machine works for a command, whatever else it does."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from statistics import median
from types import MappingProxyType

NO_SETTINGS: Mapping[str, str] = MappingProxyType({})


def spent(arguments: Sequence[str], home: str, settings: Mapping[str, str] = NO_SETTINGS) -> float:
    """Return the user and system seconds of a Python with these arguments, which finds its state in `home`."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("ITEMSYNC_", "PYTHONDONT"))}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        [sys.executable, *arguments],
        cwd=home,
        env={**kept, "HOME": home, "XDG_DATA_HOME": home, "XDG_CONFIG_HOME": home, **settings},
        stdout=subprocess.DEVNULL,
        check=True,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def spent_in_turn(rounds: int, *whats: Callable[[], float]) -> list[float]:
    """Return the median of what each of `whats` spends; they take turns, so that a busy machine troubles all alike.

    The modules' bytecode is there, as after an installation: a first round that isn't counted writes it.
    """
    _, *counted = [[what() for what in whats] for _ in range(rounds + 1)]
    return [median(column) for column in zip(*counted, strict=True)]

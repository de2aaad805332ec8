"""The noun Baselines: what is remembered of all items. A `Baseline` takes time to make; most are never looked at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import NamedTuple

from sync.item import Baseline, said


class KeptItem(NamedTuple):
    """What is remembered of an item, as it is kept: texts of JSON."""

    item_id: str | None
    said: bytes
    """What its last cells said, as `item.said` writes it."""
    origins: bytes = b""
    remote: bytes = b""


class Baselines(Mapping[str, Baseline]):
    """Baselines by code."""

    def __init__(self, baselines: Mapping[str, Baseline]) -> None:
        """Take baselines that are made already."""
        self._made = baselines

    @classmethod
    def of(cls, baselines: Mapping[str, Baseline]) -> Baselines:
        """Return any baselines as these."""
        return baselines if isinstance(baselines, Baselines) else cls(baselines)

    def __getitem__(self, code: str) -> Baseline:
        """What is remembered of an item."""
        return self._made[code]

    def __iter__(self) -> Iterator[str]:
        """The codes."""
        return iter(self._made)

    def __len__(self) -> int:
        """How many there are."""
        return len(self._made)

    @cached_property
    def kept(self) -> Mapping[str, KeptItem]:
        """What each item's last cells said."""
        return {
            code: KeptItem(known.item_id, said({path: last.value for path, last in known.cells.items()}))
            for code, known in self._made.items()
        }

    @cached_property
    def marked(self) -> Mapping[str, Baseline]:
        """Those of which more is known than last cells and last remote: deleted, waiting, decided by a rule."""
        return {code: known for code, known in self._made.items() if _marked(known)}

    @property
    def item_ids(self) -> Iterator[tuple[str, str | None]]:
        """Each code with the id of its item."""
        return ((code, known.item_id) for code, known in self._made.items())


def _marked(known: Baseline) -> bool:
    return bool(known.deleted or known.pending or known.hold or known.ruled or known.window)

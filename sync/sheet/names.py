"""Several names inside one sentence: of rows, cells, columns, categories."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from sync.messages import Language, listed

AT_MOST = 10
"""Names that a sentence gives before it leaves the rest out."""


class Names(NamedTuple):
    """Names as a reader's language strings them together: `A2、A3`, or `A2, A3`."""

    names: tuple[str, ...]

    @classmethod
    def of(cls, names: Iterable[str]) -> Names:
        """Take the names in their order."""
        return cls(tuple(names))

    def words(self, language: Language) -> str:
        """Say the first ten of them."""
        more = "…" if len(self.names) > AT_MOST else ""
        return listed(self.names[:AT_MOST]).words(language) + more

"""What a face asks for, in one type a request."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class PlanRequest:
    """What a person asked to be planned."""

    sheet: Path
    worksheet: str | None = None
    only: frozenset[str] | None = None
    """The codes whose rows are meant; None: all."""
    skip_conflicts: bool = False
    skip_drift: bool = False
    rekey: bool = False
    republish: bool = False
    changed_only: bool = False
    as_new: frozenset[str] = frozenset()
    """Codes that look like another's, and are other items' all the same."""
    writes: bool = False
    """The plan is to be carried out, so that an authorization that only reads won't do."""
    saved: bool = False
    """A saved plan asks: its sheet may have lost rows since."""

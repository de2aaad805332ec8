"""What a face asks for, and what a person allows, in one type each."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sync.plan.options import Choices
from sync.service.sheets import sheet_source

if TYPE_CHECKING:
    from sync.service.sheet_port import SheetSource
    from sync.service.sheets import AnySheet


__all__ = ["Choices", "Consent", "PlanRequest"]


@dataclass(frozen=True)
class PlanRequest:
    """What a person asked to be planned."""

    sheet: AnySheet
    """A path, or a DataFrame with the sheet's headers."""
    worksheet: str | None = None
    choices: Choices = field(default_factory=Choices)
    writes: bool = False
    """The plan is to be carried out: an unfinished run, or an authorization that only reads, is refused at once."""
    saved: bool = False
    """A saved plan asks: its sheet may have lost rows since."""

    @property
    def source(self) -> SheetSource:
        """Where the sheet is read from."""
        return sheet_source(self.sheet)


@dataclass(frozen=True)
class Consent:
    """What a person allows of a plan."""

    by: str = ""
    """Who."""
    guards: tuple[str, ...] = ()
    """The guards that may be tripped, by name; `all`: every one."""
    delete: bool = False
    """Whether items may be deleted."""

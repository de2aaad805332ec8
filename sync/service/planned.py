"""A plan with its guards, waiting for a consent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from sync.legible import LazyRows, json_parts
from sync.plan import guards
from sync.plan.document import RowsOf, listed, plan_document
from sync.plan.effort import Effort, effort
from sync.plan.plan import Guard, Plan, RowPlan, Summary
from sync.plan.saved_plan import PlanSource, saved_document
from sync.service.files import refuse_sheet, write_parts
from sync.service.request import guards_of
from sync.service.sheet_identity import place_now
from sync.service.shop_identity import shop_document
from sync.state.journal import Origin

if TYPE_CHECKING:
    from pandas import DataFrame

    from sync.messages import Message
    from sync.plan.document_schema import PlanDocument
    from sync.service.context import Context
    from sync.service.locking import PlanBasis
    from sync.service.request import PlanRequest
    from sync.sheet.read import Sheet


@dataclass(frozen=True, repr=False)
class Planned:
    """What applying would do to the shop. Making it changes nothing."""

    plan: Plan
    origin: Origin
    basis: PlanBasis
    """How the shop stood when the plan was begun."""
    context: Context = field(repr=False)
    request: PlanRequest | None = None
    """None: it reverses a run, and was made from no sheet."""
    sheet: Sheet | None = None
    """The sheet as it was read."""

    def __repr__(self) -> str:
        """Say what it is of and how much; the rows of a big sheet would be megabytes."""
        names = tuple(guard.name for guard in self.guards)
        return f"<{type(self).__name__} of {self.origin.sheet!r}: {self.summary}, guards={names}>"

    @property
    def summary(self) -> Summary:
        """The plan in numbers of rows, and of API calls."""
        return self.plan.summary

    @property
    def guards(self) -> tuple[Guard, ...]:
        """What is unusual about it, and needs a consent by name."""
        return self.plan.guards

    @property
    def rows(self) -> Sequence[RowPlan]:
        """The rows, in the sheet's order."""
        return self.plan.rows

    def refused(self, consented: Sequence[str]) -> tuple[Guard, ...]:
        """Return the guards that nobody consented to."""
        return guards.refused(self.plan, guards_of(consented))

    def holding_back(self, consented: Sequence[str]) -> Planned:
        """Return the plan with the rows held back that trip a guard nobody consented to; all others go ahead."""
        return replace(self, plan=guards.hold_back(self.plan, guards_of(consented)))

    def effort(self, *, asked: bool = False, delete: bool = True) -> Effort:
        """Count the calls of carrying it out; `asked`: a person reads it first, so that rows are looked at again."""
        return self._effort(asked=asked, delete=delete, looks=None)

    def requests(self, *, asked: bool = False, delete: bool = True) -> Effort:
        """Count the calls that the platform gets by it; see `effort`."""
        return self._effort(asked=asked, delete=delete, looks=self.context.abilities.looks)

    def _effort(self, *, asked: bool, delete: bool, looks: int | None) -> Effort:
        spell, verify = self.context.channel.spell, self.context.profile.verify
        return effort(self.plan, spell, asked=asked, verify=verify, delete=delete, looks=looks)

    def opened(self) -> Message | None:
        """Say that a program has the sheet open, and what to do; None: none has."""
        origin = self.origin
        home = self.request.source if self.request else place_now(self.context, origin.id, origin.sheet)
        return home.opened() if home else None

    def document(self) -> PlanDocument:
        """Return the plan's JSON."""
        return self._document(listed)

    def streamed(self) -> PlanDocument:
        """Return its JSON with rows that are made as they are written."""
        return self._document(LazyRows)

    def _document(self, rows: RowsOf) -> PlanDocument:
        context = self.context
        spell, shop = context.channel.spell, shop_document(context)
        return plan_document(self.plan, spell, context.language, shop=shop, rows=rows)

    @property
    def source(self) -> PlanSource:
        """What it was made of, as a saved plan has it."""
        profile, origin = self.context.profile, self.origin
        at = (origin.sheet, origin.worksheet, origin.undoes, bool(origin.digest))
        return PlanSource(profile.remembered_as, profile.gateway, *at)

    def save(self, file: str | Path) -> None:
        """Write the plan, so that it can be applied later as it is. Raises Refusal where that can't be done."""
        if self.request is None:
            raise ValueError("the plan of an undo is made anew, not saved")
        refuse_sheet(Path(file), self.origin.sheet)
        whole = saved_document(self.streamed(), self.plan, self.source, self.request.choices)
        write_parts(Path(file), chain(json_parts(whole, indent=2), "\n"))

    def to_frame(self) -> DataFrame:
        """Return a table with a line a change; see `frames.plan_frame`."""
        from sync.service.frames import plan_frame

        return plan_frame(self.plan, self.context.language)

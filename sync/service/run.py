"""What became of a run, for whoever asked for it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from sync.apply.run import RunReport, plan_of_run, results_of
from sync.call import RowResult
from sync.legible import LazyRows
from sync.messages import Message, say
from sync.plan.document import RowsOf, applied_document, listed, run_document
from sync.service.events import Delivered
from sync.service.sheet_identity import is_another, place_now
from sync.service.sheet_port import Delivery
from sync.service.shop_identity import shop_document
from sync.service.stopping import goes_on

if TYPE_CHECKING:
    from pandas import DataFrame

    from sync.plan.document_schema import RunDocument
    from sync.plan.plan import Plan
    from sync.service.context import Context
    from sync.service.sheet_port import SheetSource
    from sync.sheet.read import Sheet
    from sync.state.store import RunRecord


@dataclass(frozen=True, repr=False)
class Run:
    """One application of a plan, as far as it came."""

    report: RunReport
    sheet: str
    """Where the sheet that it is of was."""
    made_from: Plan | None
    """The plan; None: it is asked of state."""
    context: Context = field(repr=False)
    delivery: Delivery | None = None
    """What became of the results; None: nobody put them anywhere."""

    def __repr__(self) -> str:
        """Say which it is and how far it came; the rows of a big sheet would be megabytes."""
        counts = dict(Counter(one.result.value for one in self.results))
        finished, delivered = self.finished, self.delivered
        return f"<{type(self).__name__} {self.id} of {self.sheet!r}: {counts}, {finished=}, {delivered=}>"

    @property
    def id(self) -> int:
        """Its number."""
        return self.report.run

    @property
    def sheet_name(self) -> str:
        """What people call the sheet."""
        return self.context.sheets(self.sheet).name

    @property
    def results(self) -> Sequence[RowResult]:
        """How each row ended, in the sheet's order."""
        return self.report.results

    @property
    def finished(self) -> bool:
        """Whether every row came to its end; else `resume` goes on with it."""
        return self.report.finished

    @property
    def refused(self) -> Message | None:
        """Why no further call passed; None: they all did."""
        return self.report.refused

    @property
    def delivered(self) -> bool:
        """Whether the staff's own sheet has the results."""
        return self.delivery is not None and self.delivery.reached

    @cached_property
    def plan(self) -> Plan:
        """What it carried out; of a row that needed no call, no more than its problems, if state was asked."""
        results = results_of(self.context.store, self.id) if self.report.part else self.results
        return self.made_from or plan_of_run(self.context.store, self.id, results)

    def document(self) -> RunDocument:
        """Return the plan's JSON with what became of each row."""
        return self._document(listed)

    def streamed(self) -> RunDocument:
        """Return the same with rows that are made as they are written."""
        return self._document(LazyRows)

    def _document(self, rows: RowsOf) -> RunDocument:
        context, shop = self.context, shop_document(self.context)
        spell, language = context.channel.spell, context.language
        return applied_document(self.plan, self.id, self.results, spell, language, shop=shop, rows=rows)

    def results_document(self, *, shop: bool = False, more: Mapping[str, object] | None = None) -> RunDocument:
        """Return the JSON of the results alone; `shop`: with its name; `more`: what else is known of the run."""
        return self._results(listed, more or {}, shop=shop)

    def streamed_results(self, *, shop: bool = False, more: Mapping[str, object] | None = None) -> RunDocument:
        """Return the same with rows that are made as they are written."""
        return self._results(LazyRows, more or {}, shop=shop)

    def _results(self, rows: RowsOf, more: Mapping[str, object], *, shop: bool) -> RunDocument:
        named = shop_document(self.context) if shop else None
        return run_document(self.id, self.results, self.context.language, shop=named, more=more, rows=rows)

    def to_frame(self) -> DataFrame:
        """Return a table with a line a row; see `frames.run_frame`."""
        from sync.service.frames import run_frame

        return run_frame(self.results, self.context.language)


def delivered(
    context: Context, source: SheetSource, done: RunReport, plan: Plan | None = None, sheet: Sheet | None = None
) -> Run:
    """Hand the results of a run over to a sheet, and tell of it; `plan`, `sheet`: what it was made from, if known."""
    return Run(done, source.place, plan, context, hand_over(context, source, done, sheet))


def delivered_home(context: Context, run: RunRecord, done: RunReport) -> Run:
    """Hand the results of a run over to its sheet, wherever that is by now, and to no other."""
    home = place_now(context, run.sheet_id, run.sheet) or context.sheets(run.sheet)
    if is_another(context, run.sheet_id, home):
        delivery = Delivery(reached=False, warnings=(say("delivery.other_sheet", sheet=run.sheet, run=run.id),))
        context.emit(Delivered(done.run, delivery))
        return Run(done, run.sheet, None, context, delivery)
    return delivered(context, home, done)


def hand_over(context: Context, source: SheetSource, done: RunReport, sheet: Sheet | None = None) -> Delivery:
    """Do as `delivered`; return no more than what became of the results.

    What is only put off has its results delivered when it has ended: a large sheet isn't written every few seconds.
    """
    if not done.finished and goes_on(context.stop):
        return Delivery(reached=False)
    delivery = source.deliver(context, done, sheet)
    context.emit(Delivered(done.run, delivery))
    return delivery

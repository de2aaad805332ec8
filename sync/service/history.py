"""What was done, and when: the runs of a profile, and the story of one item."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from difflib import get_close_matches
from math import ceil
from typing import NamedTuple

from sync.apply.run import RunReport, result_of, results_of, row_as_planned
from sync.call import Result, RowResult
from sync.codes import key_words, split_key
from sync.errors import Refusal
from sync.fields import FIELDS
from sync.item import Baseline, Path, Value
from sync.messages import Language, Message, say
from sync.plan.diff import wanted
from sync.plan.document import result_document
from sync.plan.holds import unanswered
from sync.plan.listings import of_sheet
from sync.plan.plan import Plan
from sync.service.context import Context
from sync.service.locking import one_job
from sync.service.paging import PAGE
from sync.service.run import Run, hand_over
from sync.service.sheet_port import Delivery, SheetSource
from sync.sku import listing_of
from sync.state.item_history import rows_of
from sync.state.store import RunRecord
from sync.values import plain

FIRST = (Result.UNKNOWN, Result.FAILED, Result.INVALID, Result.BLOCKED, Result.SKIPPED, Result.DONE, Result.NONE)
"""The order of a run's rows on a page: what needs a person comes first, the most pressing of it before the rest."""


@dataclass(frozen=True)
class RunSummary:
    """One run, as a list of runs tells of it."""

    id: int
    sheet: str
    """The sheet's path then, or what a table in memory was called."""
    sheet_name: str
    """What people call it."""
    started_at: datetime
    finished_at: datetime | None
    """None: it isn't finished, and waits for `resume`."""
    results: Mapping[Result, int]
    """Rows by result; a row that never ended isn't counted."""
    undoes: int | None = None
    """The run that this one reversed."""
    undone_by: tuple[int, ...] = ()
    """The runs that took back what this one did, or a part of it; the oldest first."""
    undone_wholly: frozenset[int] = frozenset()
    """Those of them that took back all of it."""
    by: str = ""
    """Who consented to it; empty: not known."""
    sheet_id: str = ""
    """Which sheet it was, wherever that is by now."""

    @property
    def state(self) -> str:
        """`finished`, or `unfinished`."""
        return "finished" if self.finished_at else "unfinished"

    def document(self) -> dict[str, object]:
        """Return its JSON."""
        return {
            "run": self.id,
            "by": self.by,
            "sheet": self.sheet,
            "sheet_id": self.sheet_id,
            "started_at": self.started_at.isoformat(),
            "finished_at": self.finished_at.isoformat() if self.finished_at else None,
            "undoes": self.undoes,
            "undone_by": [*self.undone_by],
            "results": {result.value: count for result, count in self.results.items()},
        }


def history(context: Context) -> tuple[RunSummary, ...]:
    """Return the runs, the newest first."""
    runs = context.store.runs()
    return tuple(_summary(context, run, runs) for run in runs)


def summary_of(context: Context, number: int) -> RunSummary:
    """Return one run. Raises Refusal if there is none of that number."""
    return _summary(context, context.store.run(number), context.store.runs())


def unfinished(context: Context) -> RunSummary | None:
    """Return the run that waits for `resume`, which nothing can have undone yet; None: there is none."""
    run = context.store.unfinished()
    return _summary(context, run, ()) if run else None


def recorded(context: Context, number: int) -> Run:
    """Return what a run did, row by row. Raises Refusal if there is none of that number."""
    record = context.store.run_with_rows(number)
    report = RunReport(number, results_of(context.store, number), finished=record.finished_at is not None)
    return Run(report, record.sheet, None, context)


@dataclass(frozen=True)
class RunPage:
    """Some rows of a run."""

    plan: Plan
    """The rows, as they were planned."""
    results: tuple[RowResult, ...]
    total: int
    """Rows that were asked for, on all pages."""
    page: int
    """From 1."""
    pages: int


def run_page(context: Context, run: int, results: Collection[Result], code: str, page: int) -> RunPage:
    """Return a page of a run's rows, those that need a person first. Raises Refusal if there is no such run."""
    from sync.state.run_rows import page_of_rows

    context.store.run_with_rows(run)
    start = (max(page, 1) - 1) * PAGE
    total, records = page_of_rows(
        context.store, run, first=FIRST, results=results, code=code.strip(), start=start, most=PAGE
    )
    pages = max(1, ceil(total / PAGE))
    if page > pages:
        return run_page(context, run, results, code, pages)
    ended = tuple(result_of(context.store, run, record) for record in records)
    planned = (row_as_planned(record, result) for record, result in zip(records, ended, strict=True))
    rows = tuple(replace(row, row=of_sheet(row.row)) for row in planned)
    return RunPage(Plan(rows), ended, total, max(page, 1), pages)


def _summary(context: Context, run: RunRecord, runs: Sequence[RunRecord]) -> RunSummary:
    undos = (one for one in runs if one.undoes == run.id and one.results.get(Result.DONE))
    by = sorted(undos, key=lambda one: one.id)
    done = run.results.get(Result.DONE, 0)
    wholly = frozenset(one.id for one in by if one.results.get(Result.DONE, 0) >= done)
    undone_by = tuple(one.id for one in by)
    name = context.sheets(run.sheet).name
    ended = run.finished_at
    counts, began = run.results, run.started_at
    which = (run.undoes, undone_by, wholly, run.by, run.sheet_id)
    return RunSummary(run.id, run.sheet, name, began, ended, counts, *which)


class FieldStory(NamedTuple):
    """What is remembered of one path of an item."""

    path: Path
    cell: Value | None
    """What the sheet said when it was last carried out; None: nothing, or that the field be removed."""
    remote: Value | None
    """What the platform was last seen to hold."""
    file: str | None = None
    """The file that the cell was in; None: no cell was ever carried out."""
    at: datetime | None = None
    """When it was carried out."""


_ORDER = {field.path: place for place, field in enumerate(FIELDS) if field.path}


def _place(path: Path) -> tuple[int, str]:
    return _ORDER.get(path, len(_ORDER)), path


@dataclass(frozen=True)
class ItemStory:
    """Everything that state knows of one item."""

    code: str
    """As `item.Row.key`."""
    known: Baseline | None
    """What is remembered of it; None: nothing, no run carried anything out."""
    runs: tuple[tuple[RunRecord, RowResult], ...]
    """The runs that had it in their sheet, and how its row ended; the oldest first."""
    skus: tuple[ItemStory, ...] = ()
    """What is known of its SKUs."""

    @property
    def name(self) -> str:
        """What people call it: `A100`, or of an SKU `A100/RED`."""
        return key_words(self.code)

    @property
    def question(self) -> Message | None:
        """What a person is asked about it; None: nothing."""
        hold = self.known.hold if self.known else None
        return unanswered(hold, self.code) if hold and hold.unknown else None

    def fields(self) -> Iterator[FieldStory]:
        """Yield what is remembered of each path: in the sheet's order, then the shop's own fields by name."""
        if self.known is None:
            return
        for path in sorted({**self.known.remote, **self.known.cells}, key=_place):
            last, remote = self.known.cells.get(path), self.known.remote.get(path)
            if last:
                yield FieldStory(path, wanted(last.value), remote, last.file, last.at)
            else:
                yield FieldStory(path, None, remote)

    def document(self, language: Language) -> dict[str, object]:
        """Return its JSON."""
        known = self.known
        code, sku = split_key(self.code)
        return {
            "outer_id": code,
            **({} if sku is None else {"sku": sku}),
            "item_id": listing_of(known.item_id) if known and known.item_id else None,
            "deleted": bool(known and known.deleted),
            "waits_for_answer": self.question is not None,
            "fields": [
                {
                    "path": field.path,
                    "cell": plain(field.path, field.cell),
                    "platform": plain(field.path, field.remote),
                    "file": field.file,
                    "at": field.at.isoformat() if field.at else None,
                }
                for field in self.fields()
            ],
            "runs": [
                {"run": run.id, "started_at": run.started_at.isoformat(), "sheet": run.sheet, "undoes": run.undoes}
                | result_document(result, language)
                for run, result in self.runs
            ],
            **({"skus": [sku.document(language) for sku in self.skus]} if self.skus else {}),
        }


def item_story(context: Context, code: str) -> ItemStory:
    """Return what is known of an item, or of an SKU (`A100/RED`), and of the SKUs of a listing.

    Raises Refusal if nobody ever heard of its code; near ones are named.
    """
    known = context.store.baselines()
    names = {key_words(key): key for key in known}
    key = code if code in known else names.get(code, code)
    story = _story(context, key, known)
    skus = tuple(_story(context, own, known) for own in known if split_key(own)[0] == key and own != key)
    if key not in known and not story.runs and not skus:
        if near := get_close_matches(code, names, n=3):
            raise Refusal(say("item.unheard.near", code=code, near=" / ".join(near)))
        raise Refusal(say("item.unheard", code=code))
    return replace(story, skus=skus)


def _story(context: Context, key: str, known: Mapping[str, Baseline]) -> ItemStory:
    runs = tuple((run, result_of(context.store, run.id, row)) for run, row in rows_of(context.store, key))
    return ItemStory(key, known.get(key), runs)


def deliver_into(context: Context, number: int, sheet: SheetSource) -> Delivery:
    """Write the results of a run into a sheet. Raises Locked: a run that goes on would be taken for the past."""
    with one_job(context):
        return hand_over(context, sheet, recorded(context, number).report)

"""A job is planned: what a person is to see of it is kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from sync.fields import FIELDS
from sync.messages import Message, say
from sync.service.jobs import ColumnRead, GuardCard, Job, JobState
from sync.service.preview_rows import PreviewRows
from sync.service.request import PlanRequest
from sync.service.sheets import FileSheet, UploadedSheet
from sync.synonyms import key_of

if TYPE_CHECKING:
    from sync.service.job_index import HeldJob, JobIndex
    from sync.service.planned import Planned
    from sync.service.shop import Shop
    from sync.synonyms import Ignored


def plan(index: JobIndex, shop: Shop, job: Job, then: Callable[[HeldJob], object] = lambda _: None) -> None:
    """Plan a job; then it waits for an approval. Done twice, it is planned once. Raises as `Shop.plan` does.

    `then`: does more in the same transaction.
    """
    last_run = shop.last_run()
    planned = _planned(shop, job)
    with index.held(job.id) as held:
        if held.job.state is not JobState.READING:
            return
        checksum = held.rows.fill(planned.plan, planned.source)
        before = PreviewRows(held.connection, job.replaces)
        held.rows.inherit(before)
        before.remove()
        at = shop.context.clock.now()
        known = {"planned_at": at, "checksum": checksum, "last_run": last_run}
        held.change(state=JobState.WAITING, **known, **_shown(planned))
        then(held)


def _shown(planned: Planned) -> Mapping[str, Any]:
    """Return what of a plan stands beside its rows."""
    return {
        "worksheet": planned.origin.worksheet,
        "counts": asdict(planned.summary),
        "guards": tuple(GuardCard(one.name, one.message.kept(), len(one.rows)) for one in planned.guards),
        "columns": _columns(planned),
        "ignored": tuple(_column(one) for one in planned.plan.ignored),
        "notes": tuple(note.kept() for note in planned.plan.notes),
    }


def _planned(shop: Shop, job: Job) -> Planned:
    if job.undoes is not None:
        return shop.undo(job.undoes, job.only, delete=True)
    sheet = shop.context.sheets(job.sheet)
    if not job.in_place and isinstance(sheet, FileSheet):
        sheet = UploadedSheet(sheet.path)
    return shop.plan(PlanRequest(sheet, job.worksheet, job.choices, by_profile=True))


def _column(ignored: Ignored) -> ColumnRead:
    question = ignored.question()
    return ColumnRead(ignored.column, ignored.header, question.kept() if question else None)


def _columns(planned: Planned) -> tuple[Message, ...]:
    """The columns that were recognised, each with its letter."""
    columns = planned.sheet.layout.columns if planned.sheet else {}
    fields = {key_of(field): field for field in FIELDS}
    return tuple(
        say("job.column", header=fields.get(key, key), letter=letters).kept() for key, letters in columns.items()
    )

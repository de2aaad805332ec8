"""The platform's values into the cells of a sheet that nobody edited since they were carried out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sync.errors import Refusal
from sync.fields import path_words
from sync.item import Path as ItemPath
from sync.item import Value
from sync.messages import say
from sync.plan.listings import OF_SKU
from sync.plan.plan import Action, RowPlan
from sync.plan.untouched import overtaken
from sync.service.context import Context
from sync.service.planning import make_plan
from sync.service.request import PlanRequest
from sync.sheet.columns import Layout
from sync.sheet.file_version import version
from sync.sheet.files.opening import open_workbook
from sync.sheet.making.pulled import PullNote
from sync.sheet.making.refreshed import cells_for
from sync.sheet.making.sayable import Speech
from sync.sheet.writeback.refreshing import Fresh, refresh


@dataclass(frozen=True)
class RefreshedSheet:
    """What became of a sheet that was brought up to date."""

    cells: tuple[str, ...]
    """The cells that were written, such as `E12`."""
    rows: int
    told: tuple[PullNote, ...]
    """What a person should know of it."""
    backup: Path | None
    """What the sheet was before; None: nothing was written."""

    @property
    def whole(self) -> bool:
        """Whether no row was held back."""
        return all(one.code != "pull.held_back" for one in self.told)


def bring_up_to_date(context: Context, sheet: Path, worksheet: str | None) -> RefreshedSheet:
    """Write what the platform holds into the cells that stand as they were last carried out.

    Raises Refusal for a file that can't be written into, and as a plan does.
    """
    if not open_workbook(sheet).editable:
        raise Refusal(say("pull.into_xlsx", file=sheet))
    read = version(sheet)
    planned = make_plan(context, PlanRequest(sheet, worksheet))
    assert planned.sheet is not None  # noqa: S101
    layout = planned.sheet.layout
    fresh, told = _fresh(context, planned.plan.busy, layout)
    if not fresh:
        return RefreshedSheet((), 0, told, None)
    done = refresh(sheet, layout, fresh, read)
    kept = {*done.kept}
    written = [(row, key) for row, cells in fresh.items() for key in cells if (row, key) not in kept]
    told = (*told, *_kept(layout, sorted(kept)))
    cells = tuple(f"{layout.columns[key]}{row}" for row, key in written)
    return RefreshedSheet(cells, len({row for row, _ in written}), told, done.backup)


def _fresh(context: Context, rows: Sequence[RowPlan], layout: Layout) -> tuple[Fresh, tuple[PullNote, ...]]:
    speech, language = Speech(context.categories, layout.language), context.language
    fresh: dict[int, Mapping[str, str | int | float | None]] = {}
    unsaid: list[str] = []
    shared = _of_listings(rows)
    for row in rows:
        of_listing = shared.get(row.row.outer_id, {})
        values = {path: value for path, value in of_listing.items() if path in row.row.cells}
        values.update(overtaken(row))
        cells, not_said = cells_for(values, layout, speech)
        unsaid += (f"{layout.columns[path]}{row.row.number} {path_words(path, language)}" for path in not_said)
        if cells:
            fresh[row.row.number] = cells
    stopped = tuple(
        row.row.outer_id or say("report.row", row=row.row.number).words(language)
        for row in rows
        if row.action in (Action.INVALID, Action.BLOCKED)
    )
    told = (PullNote("pull.held_back", stopped), PullNote("pull.unsaid", tuple(unsaid)))
    return fresh, tuple(one for one in told if one.items)


def _of_listings(rows: Sequence[RowPlan]) -> Mapping[str, Mapping[ItemPath, Value | None]]:
    """Return what the cells of listings with rows of SKUs should say, by code: rows of one listing say the same."""
    with_skus = {row.row.outer_id for row in rows if row.row.sku is not None}
    found: dict[str, dict[ItemPath, Value | None]] = {code: {} for code in with_skus}
    for row in rows if with_skus else ():
        if row.row.outer_id in with_skus:
            of_listing = ((path, value) for path, value in overtaken(row).items() if path not in OF_SKU)
            found[row.row.outer_id].update(of_listing)
    return found


def _kept(layout: Layout, kept: Sequence[tuple[int, str]]) -> tuple[PullNote, ...]:
    cells = tuple(f"{layout.columns[key]}{row}" for row, key in kept)
    return (PullNote("pull.kept", cells),) if cells else ()

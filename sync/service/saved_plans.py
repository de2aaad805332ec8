"""A saved plan is applied as it was shown: it brings its own choices, and today's sheet and platform are compared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from sync.errors import Refusal
from sync.messages import say
from sync.packed import Packed
from sync.plan.options import Settled
from sync.plan.plan import RowPlan
from sync.plan.saved_plan import Saved, as_shown, read_saved
from sync.service.context import Context
from sync.service.freezing import with_freeze
from sync.service.planned import Planned
from sync.service.planning import make_plan
from sync.service.request import PlanRequest
from sync.service.sheets import FileSheet, UploadedSheet
from sync.service.undoing import make_undo


def read_file(file: Path) -> Saved:
    """Read a saved plan. Raises Refusal for a file that is no plan, and for one that was edited."""
    try:
        with file.open(encoding="utf-8") as text:
            return read_saved(text, file.name)
    except FileNotFoundError:
        raise Refusal(say("sheet.missing", file=file)) from None
    except OSError:
        raise Refusal(say("saved.no_plan", file=file)) from None


def plan_as_saved(context: Context, saved: Saved, name: str, settled: Mapping[str, Settled]) -> Planned:
    """Return the saved plan called `name`, with the sheet as it is today; `settled`: what was decided of it since.

    Raises Refusal for another profile's plan, for one that was applied already, and for a row that would be another
    one today.
    """
    source = saved.source
    if (source.profile, source.gateway) != (context.profile.remembered_as, context.profile.gateway):
        raise Refusal(say("saved.other_profile", profile=source.profile, gateway=source.gateway))
    if context.store.applied(saved.checksum):
        raise Refusal(say("saved.applied", file=name))
    if source.undoes is not None:
        saved = replace(saved, rows=Packed(row for row in saved.rows if not _left_out(row, settled)))
        codes = frozenset(row.row.outer_id for row in saved.rows)
        today = make_undo(context, source.undoes, codes, delete=True)
    else:
        choices = replace(saved.choices, settled=settled)
        sheet = context.sheets(source.sheet)
        if source.uploaded and isinstance(sheet, FileSheet):
            sheet = UploadedSheet(sheet.path)
        today = make_plan(context, PlanRequest(sheet, source.worksheet, choices, writes=True, saved=True))
    plan = with_freeze(context, as_shown(saved, today.plan, context.profile.guards, settled))
    return replace(today, plan=plan, origin=replace(today.origin, saved_plan=saved.checksum))


def _left_out(row: RowPlan, settled: Mapping[str, Settled]) -> bool:
    chosen = settled.get(row.row.key)
    return chosen is not None and chosen.left_out

"""A planned row as state keeps it: without what nobody will need to take it up, to undo it, or to tell of it.

A sheet of twenty columns in which one price was changed would else be kept whole, week by week. Whatever an earlier
minor version reads of a row is still there (docs/reference/state.md).
"""

from __future__ import annotations

from dataclasses import replace

from sync.fields import INVENTORY, ITEM_ID, OUTER_ID, PRICE, STATUS, TITLE
from sync.item import Baseline, Path, Status, same
from sync.plan.diff import wanted
from sync.plan.effect import touched
from sync.plan.normal import normal_form
from sync.plan.plan import Action, Decision, RowPlan, Verdict

_ALWAYS = frozenset((ITEM_ID, TITLE, PRICE, INVENTORY, STATUS))
"""What a row's script, an undo and the reports look at, whatever was changed."""


def touched_paths(plan: RowPlan) -> frozenset[Path]:
    """Return the paths that a row's calls write, or that it was to change."""
    return frozenset().union((change.path for change in plan.changes), *map(touched, plan.calls))


def paths_to_see(plan: RowPlan) -> frozenset[Path]:
    """Return the paths that matter of what a look finds while the row is under way."""
    return touched_paths(plan) | _ALWAYS | {OUTER_ID}


def compact(plan: RowPlan, known: Baseline | None) -> RowPlan:
    """Return a row with calls as it is kept; `known`: what is remembered of its item before it is carried out.

    `remember.remember` makes the same of it as of the whole row: left out is only what found everything as it was
    remembered.
    """
    bare = _bare(plan)
    if known is None or known.pending or known.item_id != plan.item_id or plan.action is Action.PUBLISH:
        return bare
    written = touched_paths(plan)
    told = [one for one in bare.decisions if one.path in written or not _idle(one, known)] or [*bare.decisions[:1]]
    needed = {one.path for one in told} | written | _ALWAYS
    remote = {
        path: value
        for path, value in plan.remote.items()
        if path in needed or path not in known.cells or known.remote.get(path) != value
    }
    cells = {path: cell for path, cell in plan.row.cells.items() if _says_more(plan, path)}
    # Where there are cells at all, the row's 库存增减 was read too.
    cells = cells or dict([*plan.row.cells.items()][:1])
    decisions = tuple(map(_without_origin, told))
    return replace(bare, row=replace(bare.row, cells=cells), decisions=decisions, remote=remote)


def ended(plan: RowPlan) -> RowPlan:
    """Return a row as it is kept once it has ended: for an undo and for the reports."""
    bare, written = _bare(plan), touched_paths(plan)
    cells = {path: cell for path, cell in plan.row.cells.items() if path == TITLE and path in written}
    return replace(
        bare,
        row=replace(bare.row, cells=cells),
        decisions=tuple(map(_without_origin, filter(_tells_more, plan.decisions))),
        remote={path: value for path, value in plan.remote.items() if path in written | _ALWAYS - {ITEM_ID}},
    )


def read_again(plan: RowPlan) -> RowPlan:
    """Return a row that was kept, with what it says once instead of twice."""
    calls = tuple(call if call.item_id else replace(call, item_id=plan.item_id) for call in plan.calls)
    return replace(plan, row=replace(plan.row, item_id=plan.row.item_id or plan.item_id), calls=calls)


def _bare(plan: RowPlan) -> RowPlan:
    """Return a row without what the plan says elsewhere: its problems are the plan's, and the changes have cells."""
    row = replace(plan.row, item_id=None, addresses={}, columns={}, problems=())
    calls = tuple(replace(call, item_id=None) if call.item_id == plan.item_id else call for call in plan.calls)
    return replace(plan, row=row, calls=calls, problems=tuple(problem.kept() for problem in plan.problems))


def _tells_more(decision: Decision) -> bool:
    """Whether a decision says something that the row's changes don't."""
    return decision.verdict not in (Verdict.IN_SYNC, Verdict.EDIT, Verdict.DRIFT) or _own_form(decision)


def _own_form(decision: Decision) -> bool:
    """Whether an undo has to know what was sent before: the platform may keep it in a form of its own."""
    said = [wanted(cell) for cell in (decision.cell, *([decision.last.value] if decision.last else []))]
    return decision.verdict.changes and any(normal_form(decision.path, one, decision.remote) for one in said)


def _idle(decision: Decision, known: Baseline) -> bool:
    """Whether the cell, the platform and what is remembered all say the same."""
    last = known.cells.get(decision.path)
    return (
        decision.verdict is Verdict.IN_SYNC
        and last is not None
        and decision.last is not None
        and same(decision.cell, last.value)
        and decision.path in known.remote
        and known.remote[decision.path] == decision.remote
    )


def _says_more(plan: RowPlan, path: Path) -> bool:
    """Whether a cell tells of more than what its path is to hold, which the decision says."""
    deletes = path == STATUS and plan.row.cells[path] == Status.DELETED
    return deletes or (path == TITLE and path in touched_paths(plan)) or (path == PRICE and plan.priced)


def _without_origin(decision: Decision) -> Decision:
    """A change has the address, and what was drawn from last cell and last remote is told by the verdict."""
    if not decision.verdict.changes:
        return decision
    last = decision.last if _own_form(decision) else None
    return replace(decision, address=None, last=last, last_remote=None)

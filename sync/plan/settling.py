"""What a person decided of a preview, row by row: who wins where the platform changed too, and what is left out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from sync.fields import Name
from sync.item import Baseline, Item, Row
from sync.messages import Level, Problem, say
from sync.plan import diff
from sync.plan.options import Settled
from sync.plan.plan import Action, Decision, RowPlan, Verdict
from sync.values import Shown

ASKED = (Verdict.CONFLICT, Verdict.DRIFT, Verdict.STALE)
"""What a person may settle."""
_ENDS: Mapping[str, Verdict] = {"platform": Verdict.KEPT, "leave": Verdict.LEFT}


def decide(
    row: Row,
    baseline: Baseline | None,
    remote: Item,
    chosen: Settled | None,
    *,
    verified: bool,
    stock: int | None = None,
) -> Iterator[Decision]:
    """Yield what `diff.decide` does; a cell that was settled for the platform counts as an empty one.

    What else the row asks for is decided without it: whether an item may go up depends on its stock.
    """
    decisions = tuple(diff.decide(row, baseline, remote, verified=verified, stock=stock))
    paths = chosen.paths if chosen else {}
    settled = {one.path: one for one in decisions if one.path in paths and one.verdict in ASKED}
    if not settled:
        yield from decisions
        return
    managed = replace(row, cells={path: cell for path, cell in row.cells.items() if path not in settled})
    others = {one.path: one for one in diff.decide(managed, baseline, remote, verified=verified, stock=stock)}
    for path in row.cells:
        if path in settled:
            yield replace(settled[path], verdict=_ENDS[paths[path]])
        elif path in others:
            yield others[path]


def notes(decisions: tuple[Decision, ...], chosen: Settled | None) -> Iterator[Problem]:
    """Yield who decided that a value of the platform stays."""
    for one in decisions:
        if chosen and one.verdict in _ENDS.values():
            known = {"field": Name(one.path), "now": Shown(one.path, one.remote), "by": chosen.by}
            level = Level.NOTE if one.verdict is Verdict.KEPT else Level.WARNING
            yield Problem(one.address, say(f"settled.{chosen.paths[one.path]}", **known), level)


def without_left_out(row: RowPlan, chosen: Settled | None) -> RowPlan:
    """Return the row, or that a person left it out."""
    if chosen is None or not chosen.left_out or not row.calls:
        return row
    problem = Problem(None, say("settled.left_out", by=chosen.by), Level.WARNING)
    problems = (*row.problems, problem)
    return replace(row, action=Action.BLOCKED, changes=(), calls=(), problems=problems, skipped=True)

"""A plan or a run as JSON (docs/reference/json.md); `document_schema` has the shapes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from types import MappingProxyType
from typing import Protocol, cast

from sync.call import Call, CallRecord, Outcome, Result, RowResult, by_row
from sync.fields import STATUS
from sync.messages import Joined, Language, Message, Problem
from sync.plan.document_schema import (
    FORMAT_VERSION,
    CallDocument,
    CallMadeDocument,
    ChangeDocument,
    EndedRowDocument,
    IgnoredDocument,
    NoteDocument,
    PlanDocument,
    PlannedRowDocument,
    ProblemDocument,
    RuleDocument,
    RunDocument,
    ShopDocument,
)
from sync.plan.plan import Change, Plan, RowPlan
from sync.rule import RuleVote
from sync.sku import listing_of
from sync.synonyms import Ignored
from sync.values import plain

Spell = Callable[[Call], tuple[str, Mapping[str, object]]]
"""A channel's spelling of a call: the platform's method and its business parameters."""


class RowsOf(Protocol):
    """How a document holds its rows: as a list, or as `LazyRows`, which are made as they are written."""

    def __call__(self, count: int, made: Callable[[], Iterable[object]], /) -> object:
        """Return `count` rows, which `made` makes."""


def listed(_count: int, made: Callable[[], Iterable[object]]) -> list[object]:
    """Return the rows of a document as a list."""
    return [*made()]


def plan_document(
    plan: Plan, spell: Spell, language: Language, *, shop: ShopDocument | None = None, rows: RowsOf = listed
) -> PlanDocument:
    """Return a plan; the same plan gives the same document, key for key."""
    made = {
        "format_version": FORMAT_VERSION,
        **({"shop": shop} if shop else {}),
        "summary": asdict(plan.summary),
        "guards": [guard.name for guard in plan.guards],
        "ignored": ignored_document(plan.ignored, language),
        **({"notes": [_note(note, language) for note in plan.notes]} if plan.notes else {}),
        "rows": rows(len(plan.rows), lambda: (row_document(row, spell, language) for row in plan.rows)),
    }
    return cast("PlanDocument", made)


def applied_document(
    plan: Plan,
    run: int,
    results: Sequence[RowResult],
    spell: Spell,
    language: Language,
    *,
    shop: ShopDocument | None = None,
    rows: RowsOf = listed,
) -> RunDocument:
    """Return a plan and what became of it in `run`: each row with its result and note, each call with its outcome."""
    ended = by_row(results)

    def made() -> Iterator[object]:
        return (_applied_row(row, ended[row.row.number], spell, language) for row in plan.rows)

    planned = plan_document(plan, spell, language, rows=lambda *_: [])
    return cast("RunDocument", {**_head(run, shop), **planned, "rows": rows(len(plan.rows), made)})


def run_document(
    run: int | None,
    results: Sequence[RowResult],
    language: Language,
    *,
    shop: ShopDocument | None = None,
    more: Mapping[str, object] = MappingProxyType({}),
    rows: RowsOf = listed,
) -> RunDocument:
    """Return a run as it is remembered; `run` is None where nothing was run. `more`: what else is known of it."""
    told = rows(len(results), lambda: (result_document(result, language) for result in results))
    return cast("RunDocument", {**_head(run, shop), **more, "rows": told})


def _head(run: int | None, shop: ShopDocument | None) -> dict[str, object]:
    return {"format_version": FORMAT_VERSION, **({"shop": shop} if shop else {}), "run": run}


def _note(note: Message, language: Language) -> NoteDocument:
    return {"code": note.code, "message": note.words(language)}


def ignored_document(ignored: Sequence[Ignored], language: Language) -> list[IgnoredDocument]:
    """Return the columns that aren't read."""
    return [
        {"column": one.column, "header": one.header, "meant": one.meant.words(language) if one.meant else None}
        for one in ignored
    ]


def row_document(row: RowPlan, spell: Spell, language: Language) -> PlannedRowDocument:
    """Return one row of a plan."""
    made = {
        "row": row.row.number,
        **_whose(row.row.outer_id, row.row.sku, row.item_id),
        "action": row.action,
        "changes": [change_document(change) for change in row.changes],
        "calls": [call_document(call, spell) for call in row.calls],
        "problems": [problem_document(problem, language) for problem in row.problems],
        **({"rule": rule_document(row.ruling.by)} if row.ruling else {}),
    }
    return cast("PlannedRowDocument", made)


def _whose(code: str, sku: str | None, item_id: str | None) -> dict[str, object]:
    """Say whose row it is; one of an SKU has its listing's id, and `sku` as the sheet has it."""
    of_sku = {} if sku is None else {"sku": sku}
    return {"outer_id": code, **of_sku, "item_id": listing_of(item_id) if item_id else item_id}


def _applied_row(row: RowPlan, result: RowResult, spell: Spell, language: Language) -> EndedRowDocument:
    made = [_call_made(call, language) for call in result.calls]
    # A row that ended early never came to its last calls; a look that recovery made was not among the planned.
    missing = len(row.calls) - sum(call.outcome is not Outcome.NOT_SENT for call in result.calls)
    ended_early = result.result not in (Result.DONE, Result.NONE)
    for call in row.calls[-missing:] if ended_early and missing > 0 else ():
        unsent = call_document(call, spell)
        made.append({**unsent, "outcome": Outcome.NOT_SENT, "request_id": None, "error": None})
    planned = row_document(row, spell, language)
    return cast("EndedRowDocument", {**planned, **_ending(result, language), "calls": made})


def result_document(result: RowResult, language: Language) -> EndedRowDocument:
    """Return one row of a run, as it is remembered."""
    row = {"row": result.row, **_whose(result.outer_id, result.sku, result.item_id)}
    calls = [_call_made(call, language) for call in result.calls]
    return cast("EndedRowDocument", {**row, **_ending(result, language), "calls": calls})


def _ending(result: RowResult, language: Language) -> dict[str, object]:
    # The id that publishing gave is the row's from now on.
    given = {"item_id": listing_of(result.item_id)} if result.item_id else {}
    return {**given, "result": result.result, "note": Joined(result.story).words(language)}


def _call_made(call: CallRecord, language: Language) -> CallMadeDocument:
    return {
        "method": call.method,
        "params": dict(call.params),
        "outcome": call.outcome,
        "request_id": call.request_id,
        "error": call.told(language),
    }


def rule_document(vote: RuleVote) -> RuleDocument:
    """Return the rule, or the cell, that decides about a row's status."""
    return {"kind": vote.kind, "name": vote.name, "cell": vote.address, "status": plain(STATUS, vote.status)}


def change_document(change: Change) -> ChangeDocument:
    """Return one change."""
    before, after = plain(change.path, change.before), plain(change.path, change.after)
    return {"path": change.path, "from": before, "to": after, "kind": change.kind}  # type: ignore[typeddict-item]


def call_document(call: Call, spell: Spell) -> CallDocument:
    """Return one call, spelt as the platform's."""
    method, params = spell(call)
    return {"method": method, "params": dict(params)}


def problem_document(problem: Problem, language: Language) -> ProblemDocument:
    """Return one problem; `level` tells an error from a warning and a note."""
    return {
        "cell": problem.cell,
        "code": problem.code,
        "level": problem.level,
        "message": problem.message.words(language),
    }

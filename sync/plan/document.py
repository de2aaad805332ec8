"""A plan as JSON (DESIGN section 9)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict

from sync.call import Call, CallRecord, Outcome, Result, RowResult
from sync.fields import STATUS, plain
from sync.messages import Joined, Language, Message, Problem
from sync.plan.plan import Change, Plan, RowPlan
from sync.rule import RuleVote
from sync.synonyms import Ignored

Spell = Callable[[Call], tuple[str, Mapping[str, object]]]
"""A channel's spelling of a call: the platform's method and its business parameters."""


def document(plan: Plan, spell: Spell, language: Language) -> dict[str, object]:
    """Return the plan as DESIGN section 9 has it; the same plan gives the same document, key for key."""
    return {
        "summary": asdict(plan.summary),
        "guards": [guard.name for guard in plan.guards],
        "ignored": ignored_document(plan.ignored, language),
        **({"notes": [_note(note, language) for note in plan.notes]} if plan.notes else {}),
        "rows": [row_document(row, spell, language) for row in plan.rows],
    }


def _note(note: Message, language: Language) -> dict[str, object]:
    return {"code": note.code, "message": note.words(language)}


def ignored_document(ignored: Sequence[Ignored], language: Language) -> list[dict[str, object]]:
    """Return the columns that aren't read, each with the header it may be meant for, or null."""
    return [
        {"column": one.column, "header": one.header, "meant": one.meant.words(language) if one.meant else None}
        for one in ignored
    ]


def run_document(
    plan: Plan, run: int, results: Sequence[RowResult], spell: Spell, language: Language
) -> dict[str, object]:
    """Return a plan and what became of it: to each row its result and note, to each call its outcome."""
    by_row = {result.row: result for result in results}
    rows = [_row_ended(row, by_row[row.row.number], spell, language) for row in plan.rows]
    return {"run": run, **document(plan, spell, language), "rows": rows}


def _row_ended(row: RowPlan, result: RowResult, spell: Spell, language: Language) -> dict[str, object]:
    planned = row_document(row, spell, language)
    made = [_call_ended(call, language) for call in result.calls]
    # A row that ended early never came to its last calls; a look that recovery made was not among the planned.
    missing = len(row.calls) - sum(call.outcome is not Outcome.NOT_SENT for call in result.calls)
    ended_early = result.result not in (Result.DONE, Result.NONE)
    rest = [call_document(call, spell) for call in row.calls[-missing:]] if ended_early and missing > 0 else []
    unsent = [{**call, "outcome": Outcome.NOT_SENT.value, "request_id": None, "error": None} for call in rest]
    return {**planned, **_ending(result, language), "calls": [*made, *unsent]}


def result_document(result: RowResult, language: Language) -> dict[str, object]:
    """Return one row of a run, as it is remembered."""
    row = {"row": result.row, "outer_id": result.outer_id, "item_id": result.item_id}
    return {**row, **_ending(result, language), "calls": [_call_ended(call, language) for call in result.calls]}


def _ending(result: RowResult, language: Language) -> dict[str, object]:
    # The id that publishing gave is the row's from now on.
    given = {"item_id": result.item_id} if result.item_id else {}
    return {**given, "result": result.result.value, "note": Joined(result.story).words(language)}


def _call_ended(call: CallRecord, language: Language) -> dict[str, object]:
    return {
        "method": call.method,
        "params": dict(call.params),
        "outcome": call.outcome.value,
        "request_id": call.request_id,
        "error": call.told(language),
    }


def row_document(row: RowPlan, spell: Spell, language: Language) -> dict[str, object]:
    """Return one row of the plan; `rule` only where rules have something to say of its status."""
    return {
        "row": row.row.number,
        "outer_id": row.row.outer_id,
        "item_id": row.item_id,
        "action": row.action.value,
        "changes": [change_document(change) for change in row.changes],
        "calls": [call_document(call, spell) for call in row.calls],
        "problems": [problem_document(problem, language) for problem in row.problems],
        **({"rule": rule_document(row.ruling.by)} if row.ruling else {}),
    }


def rule_document(voice: RuleVote) -> dict[str, object]:
    """Return the rule that decides about a row's status; `name` is empty where it is a cell of the row."""
    return {
        "kind": voice.kind.value,
        "name": voice.name,
        "cell": voice.address,
        "status": plain(STATUS, voice.status),
    }


def change_document(change: Change) -> dict[str, object]:
    """Return one change: ids and prices are strings, counts are numbers, an absent field is null."""
    return {
        "path": change.path,
        "from": plain(change.path, change.before),
        "to": plain(change.path, change.after),
        "kind": change.kind.value,
    }


def call_document(call: Call, spell: Spell) -> dict[str, object]:
    """Return one call, spelt as the platform's."""
    method, params = spell(call)
    return {"method": method, "params": dict(params)}


def problem_document(problem: Problem, language: Language) -> dict[str, object]:
    """Return one problem; `level` tells an error from a warning and a note."""
    return {
        "cell": problem.cell,
        "code": problem.code,
        "level": problem.level.value,
        "message": problem.message.words(language),
    }

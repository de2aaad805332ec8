"""A plan or a run in the terminal.

Nothing here is Rich markup: titles come from strangers, and `[red]` is a title too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from rich.console import Console, Group, RenderableType
from rich.text import Text

from sync.call import CallRecord, Outcome, Result, RowResult
from sync.codes import key_words
from sync.fields import OUTER_ID, path_words
from sync.item import clock_text
from sync.legible import legible
from sync.messages import Language, Message, Worded, say
from sync.plan.effort import Effort
from sync.plan.plan import Action, Plan, Verdict
from sync.report.figures import Share, cost, ending_words, plan_tiles, result_tiles, unread
from sync.report.grid import changes_table, named_lines, remarks_table
from sync.report.prose import Prose
from sync.report.table import STYLES, plain_table, tiles_line
from sync.report.tiles import Tile
from sync.report.words import ACTING, Entry, FirstRows, entries, entry_of, folded, guard_words
from sync.synonyms import told

NOT_REACHED = "note.not_reached"
FEW_ROWS = 10
"""Of a guard, that the preview names; the page names them all."""
MOST_ROWS = 200
"""Rows: a longer preview scrolls out of sight; the page and the JSON have them all."""

MOST_RUNS = 100
"""Runs that a list of them has; the JSON has them all."""
MOST_RUN_ROWS = 1000
"""Rows that a run is shown with, those that need a person first; the JSON has them all."""

_OUTCOME_STYLES = {
    Outcome.DONE: "dim",
    Outcome.FAILED: "red",
    Outcome.UNKNOWN: "magenta",
    Outcome.NOT_SENT: "yellow",
}


@dataclass(frozen=True)
class RunLine:
    """One run, as `history` lists it."""

    id: int
    started: datetime
    sheet: str
    state: Worded
    """Such as "finished" or "interrupted", and what was undone."""
    counts: Mapping[Result, int] = field(default_factory=dict)
    """Rows by result; a result that isn't there counts none."""


@dataclass(frozen=True)
class Consented:
    """What a person has said already of a plan that is to be carried out."""

    forced: Sequence[str] = ()
    """The guards that they override."""
    delete: bool = False
    """Whether items may be deleted."""
    work: Effort | None = None
    """The calls that will be made; None: those of the plan, and no looks."""


def preview(
    plan: Plan, language: Language, console: Console, shares: Sequence[Share], settled: Consented = Consented()
) -> None:
    """Print what the plan would do: the changes, what is only worth knowing, what needs a person, the totals.

    `shares`: what it takes of the limits that are known.
    """
    acting, rows = FirstRows(MOST_ROWS, language), list[Entry]()
    for row in plan.busy:
        if row.action in ACTING:
            acting.add(row)
        elif row.action is not Action.NONE or row.problems:
            rows.append(entry_of(row, language))
    pressing = folded([entry for entry in rows if entry.pressing], language)
    telling = folded([entry for entry in rows if entry.remarks and not entry.pressing], language)
    first = acting.told
    listed = _listed(pressing, first, telling)
    if changing := [entry for entry in first if entry.number in listed]:
        console.print(changes_table(changing, console.width, language), "")
    _remarks("report.heading.notes", telling, listed, language, console)
    _remarks("report.heading.pressing", pressing, listed, language, console)
    if hidden := len(pressing) + acting.count + len(telling) - len(listed):
        _line(console, say("report.more", count=hidden), language, "bold")
    console.print(tiles_line(plan_tiles(plan, language), console.width))
    _line(console, cost(plan, shares, settled.work), language)
    left_out = unread(plan)
    if left_out:
        _line(console, left_out, language)
    for message in told(plan.ignored):
        _line(console, message, language, "dim" if message.code == "sheet.own_columns" else "yellow")
    for note in plan.notes:
        _line(console, note, language, "yellow")
    if not acting.count and not pressing:
        _line(console, _nothing(plan, left_out=left_out is not None), language, "green")
    if plan.summary.delete and not settled.delete:
        _line(console, say("report.delete", count=plan.summary.delete), language, "bold")
    _guards(plan, language, console, settled.forced)


def _nothing(plan: Plan, *, left_out: bool) -> Message:
    """Say that there is nothing to do; what differs on purpose isn't told as if it agreed."""
    left = sum(any(one.verdict is Verdict.KNOWN and one.differs for one in row.decisions) for row in plan.busy)
    if left:
        return say("report.nothing.left", count=left)
    return say("report.nothing.unread" if left_out else "report.nothing")


def summary(plan: Plan, results: Sequence[RowResult], language: Language, console: Console) -> None:
    """Print how a run ended: the totals, then the rows that need a person, each with what to do next."""
    noted = {result.row for result in results if result.note}
    told_of = (entry for entry in entries(plan, language, results) if entry.pressing or entry.number in noted)
    rows = sorted(told_of, key=lambda entry: entry.rank)
    waiting = _waiting(results)
    pressing = folded([entry for entry in rows if entry.pressing and entry.number not in waiting], language)
    telling = folded([entry for entry in rows if entry.number in noted and not entry.pressing], language)
    listed = _listed(pressing, telling)
    console.print(tiles_line(result_tiles(results, language), console.width))
    console.print()
    _tell_waiting(waiting, language, console)
    _remarks("report.heading.pressing", pressing, listed, language, console)
    _remarks("report.heading.notes", telling, listed, language, console)
    if hidden := len(pressing) + len(telling) - len(listed):
        _line(console, say("report.more.run", count=hidden), language, "bold")


def history(rows: Sequence[RunLine], language: Language, console: Console) -> None:
    """Print the runs, in the order given."""
    if not rows:
        _line(console, say("report.history.empty"), language)
        return
    lines = plain_table(console.width)
    for name in ("run", "started", "sheet", "state"):
        lines.add_column(_column(name, language), no_wrap=name != "sheet", overflow="fold")
    lines.add_column(_column("result", language), ratio=1)
    for row in rows[:MOST_RUNS]:
        lines.add_row(
            Text(str(row.id)),
            Text(clock_text(row.started)),
            Text(legible(row.sheet)),
            Text(row.state.words(language)),
            tiles_line(_counted(row, language), 0),
        )
    console.print(lines)
    if earlier := len(rows[MOST_RUNS:]):
        _line(console, say("report.more.history", count=earlier), language)


def run(line: RunLine, results: Sequence[RowResult], language: Language, console: Console) -> None:
    """Print one run: its facts, then every row that it touched or could not, with its calls."""
    history([line], language, console)
    console.print()
    lines = plain_table(console.width)
    lines.add_column(_column("row", language), justify="right", no_wrap=True)
    lines.add_column(path_words(OUTER_ID, language), max_width=20, overflow="fold")
    lines.add_column(_column("result", language), no_wrap=True)
    lines.add_column(_column("note", language), ratio=1)
    waiting = _waiting(results)
    telling = [one for one in results if not (one.result is Result.NONE and not one.story) and one.row not in waiting]
    listed = _first(telling)
    for result in listed:
        style = STYLES[result.result.value]
        lines.add_row(
            Text(str(result.row)),
            Text(legible(key_words(result.key))),
            Text(ending_words(result.result, language), style),
            _story(result, language),
        )
    console.print(lines)
    _tell_waiting(waiting, language, console)
    if hidden := len(telling) - len(listed):
        _line(console, say("report.more.show", count=hidden), language, "bold")


def _first(results: Sequence[RowResult]) -> Sequence[RowResult]:
    """Choose the rows to list where there are too many, in the sheet's order: what went well is left out first."""
    if len(results) <= MOST_RUN_ROWS:
        return results
    well = (Result.DONE, Result.NONE)
    chosen = sorted(results, key=lambda one: one.result in well)[:MOST_RUN_ROWS]
    return sorted(chosen, key=lambda one: one.row)


def _waiting(results: Sequence[RowResult]) -> set[int]:
    """Return the rows that a stopped run did not come to, where they are more than one: one line tells of all."""
    rows = {result.row for result in results if [problem.code for problem in result.note] == [NOT_REACHED]}
    return rows if len(rows) > 1 else set()


def _tell_waiting(rows: set[int], language: Language, console: Console) -> None:
    if rows:
        _line(console, say("note.not_reached.many", count=len(rows)), language, "bold")


def _listed(*groups: Sequence[Entry]) -> set[int]:
    """Choose the rows to list where there are too many: the groups that come first are listed first."""
    return {entry.number for entry in [entry for group in groups for entry in group][:MOST_ROWS]}


def _remarks(heading: str, rows: Sequence[Entry], listed: set[int], language: Language, console: Console) -> None:
    if chosen := [entry for entry in rows if entry.number in listed]:
        _line(console, Message(heading), language, "bold")
        console.print(remarks_table(chosen, console.width, language), "")


def _guards(plan: Plan, language: Language, console: Console, forced: Sequence[str]) -> None:
    asking = [guard for guard in plan.guards if guard.name not in forced and "all" not in forced]
    if settled := [guard for guard in plan.guards if guard not in asking]:
        console.print()
        _line(console, say("report.guards.settled", names=", ".join(guard.name for guard in settled)), language)
    if not asking:
        return
    console.print()
    _line(console, say("report.guards", count=len(asking)), language, "bold red")
    reasons = ((guard.name, guard_words(guard, language, most=FEW_ROWS)) for guard in asking)
    console.print(named_lines(reasons, "bold red"))
    _line(console, say("report.guards.force", names=",".join(guard.name for guard in asking)), language, "bold")


def _story(result: RowResult, language: Language) -> RenderableType:
    notes = [Prose(Text(legible(message.words(language)))) for message in result.story]
    return Group(*notes, *(_call_line(call, language) for call in result.calls))


def _call_line(call: CallRecord, language: Language) -> Prose:
    """One call as support would ask for it: method, outcome, the platform's own words and request id."""
    outcome = say(f"report.outcome.{call.outcome.name.lower()}").words(language)
    said = (call.method, outcome, call.told(language), call.request_id)
    return Prose(Text(legible(" · ".join(part for part in said if part)), _OUTCOME_STYLES[call.outcome]))


def _counted(row: RunLine, language: Language) -> Sequence[Tile]:
    counts = ((result, row.counts.get(result, 0)) for result in Result)
    return [Tile(result.value, ending_words(result, language), count) for result, count in counts if count]


def _column(name: str, language: Language) -> str:
    return say(f"report.column.{name}").words(language)


def _line(console: Console, message: Worded, language: Language, style: str = "") -> None:
    console.print(Prose(Text(message.words(language), style)))

"""The rows of a waiting plan in a small database, so that a page of them costs no more than its 200 rows."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from math import ceil
from pathlib import Path
from sqlite3 import Connection
from typing import Any, NamedTuple

from pydantic import TypeAdapter

from sync.codes import split_key
from sync.errors import Refusal
from sync.fields import INVENTORY, PRICE, STATUS, TITLE
from sync.item import Row
from sync.messages import Level, say
from sync.plan.options import Choices
from sync.plan.plan import Action, Plan, RowPlan, Verdict
from sync.plan.saved_plan import PlanSource, Saved
from sync.service.job_files import opened
from sync.service.jobs import CHOICES, PAGE, PreviewPage, PreviewRow, ShownPlan, Tally

_ROW: TypeAdapter[RowPlan] = TypeAdapter(RowPlan)
_SOURCE: TypeAdapter[PlanSource] = TypeAdapter(PlanSource)
_SCHEMA = """
CREATE TABLE plan (job TEXT, source TEXT, checksum TEXT);
CREATE TABLE rows (n INTEGER PRIMARY KEY, row INTEGER, key TEXT, title TEXT, words TEXT, action TEXT, plan TEXT,
    left_out_by TEXT, settled TEXT NOT NULL DEFAULT '{}', settled_by TEXT, acts INTEGER NOT NULL);
CREATE TABLE decisions (n INTEGER PRIMARY KEY, by TEXT);
CREATE TABLE tabs (tab TEXT, n INTEGER, PRIMARY KEY (tab, n)) WITHOUT ROWID;
CREATE INDEX rows_by_number ON rows (row);
CREATE INDEX decided ON rows (n) WHERE left_out_by IS NOT NULL OR settled_by IS NOT NULL;
"""
_DECIDED = "INSERT INTO decisions (by) VALUES (?)"
_SHOWN = "row, key, title, plan, left_out_by, settled"
_SETTLED = (Verdict.CONFLICT, Verdict.DRIFT, Verdict.STALE)
"""What a person may settle path by path."""
_RANK = {Action.INVALID: 0, Action.BLOCKED: 1, Action.NONE: 4}
"""What needs a person comes first, what is as it was comes last."""


@dataclass(frozen=True)
class DecidedRow:
    """What was decided of one row."""

    row: int
    key: str
    """See `Row.key`."""
    left_out_by: str | None
    settled: Mapping[str, str]
    settled_by: str


class _Line(NamedTuple):
    plan: RowPlan
    tabs: tuple[str, ...]


class PreviewRows:
    """The rows of one waiting plan. For any thread."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def fill(self, plan: Plan, source: PlanSource, job: str) -> str:
        """Write the rows of a plan, and what it was made of; returns its checksum.

        `job`: tells this plan from another one of the same sheet that asks for the same.
        """
        self._file.unlink(missing_ok=True)
        guards = _guards_by_row(plan)
        lines = sorted((_Line(row, _tabs(row)) for row in plan.rows), key=_rank)
        made_of = _SOURCE.dump_json(source).decode()
        checksum = _Checksum(job, made_of)
        with opened(self._file) as database:
            database.executescript(_SCHEMA)
            database.execute("BEGIN")
            database.executemany(
                "INSERT INTO rows (n, row, key, title, words, action, plan, acts) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                checksum.over(_columns(n, line.plan) for n, line in enumerate(lines)),
            )
            database.executemany(
                "INSERT INTO tabs VALUES (?, ?)",
                (
                    (tab, n)
                    for n, line in enumerate(lines)
                    for tab in (*line.tabs, *guards.get(line.plan.row.number, ()))
                ),
            )
            database.execute("INSERT INTO plan VALUES (?, ?, ?)", (job, made_of, checksum.text))
        return checksum.text

    def saved(self) -> Saved:
        """Return the plan, to be applied as it was shown. Raises Refusal for one that somebody edited."""
        with opened(self._file) as database:
            job, made_of, kept = database.execute("SELECT job, source, checksum FROM plan").fetchone()
            checksum = _Checksum(job, made_of)
            wanted = "SELECT n, row, key, title, words, action, plan FROM rows ORDER BY n"
            plans = [(row[1], row[6]) for row in checksum.over(database.execute(wanted))]
        if checksum.text != kept:
            raise Refusal(say("saved.edited", file=self._file.name))
        plans.sort()
        rows = tuple(row for _, plan in plans if plan and (row := _ROW.validate_json(plan)).calls)
        return Saved(_SOURCE.validate_json(made_of), Choices(), rows, kept)

    def tabs(self) -> Mapping[str, int]:
        """Return how many rows each tab has."""
        with opened(self._file) as database:
            return dict(database.execute("SELECT tab, count(*) FROM tabs GROUP BY tab"))

    def page(self, tab: str, search: str, page: int) -> PreviewPage:
        """Return a page of the rows of a tab that have `search` in their code or title."""
        where, blanks = "tabs.tab = ?", [tab]
        if search.strip():
            where += " AND rows.words LIKE ? ESCAPE '\\'"
            blanks.append(f"%{_escaped(search.strip().casefold())}%")
        of = f"FROM tabs JOIN rows ON rows.n = tabs.n WHERE {where}"
        with opened(self._file) as database:
            total = int(database.execute(f"SELECT count(*) {of}", blanks).fetchone()[0])
            pages = max(1, ceil(total / PAGE))
            page = min(max(1, page), pages)
            wanted = f"SELECT {_SHOWN} {of} ORDER BY tabs.n LIMIT {PAGE} OFFSET {(page - 1) * PAGE}"
            rows = [_preview_row(row) for row in database.execute(wanted, blanks)]
        return PreviewPage(rows, total, page, pages)

    def row(self, number: int) -> PreviewRow | None:
        """Return one row by its number in the sheet; None: the plan hasn't it."""
        with opened(self._file) as database:
            return _row(database, number)

    def tally(self) -> Tally:
        """Count what would be done after all that was decided."""
        with opened(self._file) as database:
            wanted = "SELECT action, count(*) FROM rows WHERE acts AND left_out_by IS NULL GROUP BY action"
            counts = dict(database.execute(wanted))
            (newest,) = database.execute("SELECT coalesce(max(n), 0) FROM decisions").fetchone()
        publish, update, delete = (counts.get(one.value, 0) for one in (Action.PUBLISH, Action.UPDATE, Action.DELETE))
        return Tally(publish, update, delete, newest)

    def take_over(self, shown: ShownPlan, by: str) -> None:
        """Decide as a page showed it. Raises Refusal where somebody else decided something since."""
        self.refuse_unseen(shown, by)
        for row, included in shown.rows.items():
            self.tick(row, by, included=included)
        for row, path, choice in shown.choices:
            self.settle(row, path, choice, by)

    def refuse_unseen(self, shown: ShownPlan, by: str) -> None:
        """Raise Refusal where somebody else than `by` decided something since a page was shown."""
        if shown.decision is None:
            return
        with opened(self._file) as database:
            wanted = "SELECT count(*) FROM decisions WHERE n > ? AND by <> ?"
            (unseen,) = database.execute(wanted, (shown.decision, by)).fetchone()
        if unseen:
            raise Refusal(say("job.decided"))

    def inherit(self, before: PreviewRows) -> None:
        """Decide as it was decided of an earlier plan of the same sheet, where that asked for the same."""
        for one in before.decided():
            with opened(self._file) as database:
                found = database.execute("SELECT row FROM rows WHERE key = ?", (one.key,)).fetchone()
            then, now = before.row(one.row), self.row(found[0]) if found else None
            if then is None or now is None:
                continue
            if one.left_out_by and now.row.calls:
                self.tick(now.row.row.number, one.left_out_by, included=False)
            asked = {(change.path, change.before, change.after) for change in then.row.changes}
            for change in now.row.changes:
                if change.path in one.settled and (change.path, change.before, change.after) in asked:
                    self.settle(now.row.row.number, change.path, one.settled[change.path], one.settled_by)

    def tick(self, number: int, by: str, *, included: bool) -> None:
        """Leave a row out of the run, or take it in again."""
        # Who left it out first stays named.
        only = "IS NOT NULL" if included else "IS NULL"
        change = f"UPDATE rows SET left_out_by = ? WHERE row = ? AND left_out_by {only}"  # noqa: S608
        with opened(self._file) as database:
            if database.execute(change, (None if included else by, number)).rowcount:
                database.execute(_DECIDED, (by,))

    def settle(self, number: int, path: str, choice: str, by: str) -> None:
        """Decide who wins at a path of a row; what isn't to be decided there is left as it is."""
        with opened(self._file) as database:
            # Two choices of one row may come at once.
            database.execute("BEGIN IMMEDIATE")
            found = _row(database, number) if choice in CHOICES else None
            if found is None or path not in {change.path for change in found.row.changes if change.kind in _SETTLED}:
                return
            if found.settled.get(path, "sheet") == choice:
                return
            settled = {one: who for one, who in found.settled.items() if one != path}
            if choice != "sheet":
                settled[path] = choice
            acts = any(change.path not in settled for change in found.row.changes)
            database.execute(
                "UPDATE rows SET settled = ?, settled_by = ?, acts = ? WHERE row = ?",
                (json.dumps(settled), by if settled else None, acts, number),
            )
            database.execute(_DECIDED, (by,))

    def decided(self) -> Iterator[DecidedRow]:
        """Yield the rows of which anything was decided."""
        wanted = (
            "SELECT row, key, left_out_by, settled, settled_by FROM rows"
            " WHERE left_out_by IS NOT NULL OR settled_by IS NOT NULL"
        )
        with opened(self._file) as database:
            for row, key, left_out_by, settled, by in database.execute(wanted).fetchall():
                yield DecidedRow(row, key, left_out_by, json.loads(settled), by or "")


def _columns(n: int, row: RowPlan) -> tuple[object, ...]:
    title = _title(row)
    words = f"{row.row.outer_id}\n{row.row.sku or ''}\n{title}".casefold()
    acts = bool(row.calls)
    # Most rows of most weeks are as they were, and nothing is told of them.
    silent = row.action is Action.NONE and not row.problems
    document = None if silent else _ROW.dump_json(_trimmed(row, title)).decode()
    return n, row.row.number, row.row.key, title, words, row.action.value, document, acts


def _trimmed(row: RowPlan, title: str) -> RowPlan:
    """What is shown and carried out: all that the comparison needed besides is left out."""
    of = row.row
    shown = Row(of.number, of.outer_id, of.item_id, {TITLE: title} if title else {}, sku=of.sku)
    problems = tuple(problem.kept() for problem in row.problems)
    return replace(row, row=shown, problems=problems, decisions=(), remote={}, repeats=None)


class _Checksum:
    """Of a plan, row by row."""

    def __init__(self, *head: str) -> None:
        self._hash = sha256("\0".join(head).encode())

    def over(self, rows: Iterable[tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
        """Yield the rows, and count them in."""
        for row in rows:
            self._hash.update(f"\0{row[1]}\0{row[2]}\0{row[6] or ''}".encode())
            yield row

    @property
    def text(self) -> str:
        """The checksum of what was counted in."""
        return self._hash.hexdigest()


def _title(row: RowPlan) -> str:
    title = row.row.cells.get(TITLE, row.remote.get(TITLE))
    return title if isinstance(title, str) else ""


def _tabs(row: RowPlan) -> tuple[str, ...]:
    """Return the tabs on which a row is; a tile's name is one of them."""
    paths = {change.path for change in row.changes}
    of_fields = {"price": PRICE in paths, "stock": INVENTORY in paths, "status": STATUS in paths}
    update = row.action is Action.UPDATE
    on = {
        "all": True,
        row.action.value: True,
        "needs": row.action in (Action.INVALID, Action.BLOCKED) or row.conflicting or row.stale or _warned(row),
        "changes": bool(row.calls),
        "conflict": row.conflicting,
        "drift": row.drifted,
        "stale": row.stale,
        **{tab: applies and update for tab, applies in of_fields.items()},
        "other": update and bool(paths - {PRICE, INVENTORY, STATUS}),
    }
    return tuple(tab for tab, applies in on.items() if applies)


def _warned(row: RowPlan) -> bool:
    return any(problem.level is Level.WARNING for problem in row.problems)


def _rank(line: _Line) -> tuple[int, int]:
    needs = 2 if "needs" in line.tabs else 3
    return _RANK.get(line.plan.action, needs), line.plan.row.number


def _guards_by_row(plan: Plan) -> Mapping[int, tuple[str, ...]]:
    found: dict[int, tuple[str, ...]] = {}
    for guard in plan.guards:
        for row in guard.rows:
            found[row.number] = (*found.get(row.number, ()), f"guard-{guard.name}")
    return found


def _row(database: Connection, number: int) -> PreviewRow | None:
    wanted = f"SELECT {_SHOWN} FROM rows WHERE row = ?"  # noqa: S608
    found = database.execute(wanted, (number,)).fetchone()
    return _preview_row(found) if found else None


def _preview_row(found: tuple[Any, ...]) -> PreviewRow:
    number, key, title, plan, left_out_by, settled = found
    if plan is None:
        code, sku = split_key(key)
        row = RowPlan(Row(number, code, cells={TITLE: title} if title else {}, sku=sku), Action.NONE)
    else:
        row = _ROW.validate_json(plan)
    return PreviewRow(row, left_out_by, json.loads(settled))


def _escaped(search: str) -> str:
    return search.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")

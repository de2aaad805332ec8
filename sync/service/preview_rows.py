"""The rows of a waiting plan in a database, so that a page of them costs no more than its 200 rows."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from math import ceil
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, delete, func, insert, select, update

from sync.errors import Refusal
from sync.json_forms import JsonForm
from sync.messages import say
from sync.plan.options import Choices
from sync.plan.plan import Action, Plan, Verdict
from sync.plan.saved_plan import PlanSource, Saved
from sync.service.jobs import CHOICES, PreviewPage, PreviewRow, ShownPlan, Tally
from sync.service.paging import PAGE
from sync.service.preview_lines import ACTIONS, PlanChecksum, PreviewLine, lines_of, row_of
from sync.sheet_id import file_name
from sync.state.fleet_tables import PLAN_DECISIONS, PLAN_ROWS, PLAN_TABS, PLANS

_SOURCE: JsonForm[PlanSource] = JsonForm(PlanSource)
_ROWS = PLAN_ROWS.c
_SHOWN = (_ROWS.row, _ROWS.key, _ROWS.title, _ROWS.plan, _ROWS.left_out_by, _ROWS.settled)
_SETTLED = (Verdict.CONFLICT, Verdict.DRIFT, Verdict.STALE)
"""What a person may settle path by path."""
_AT_ONCE = 2_000
"""Rows that are written, or read, at once."""


@dataclass(frozen=True)
class DecidedRow:
    """What was decided of one row."""

    row: int
    key: str
    """See `Row.key`."""
    left_out_by: str | None
    settled: Mapping[str, str]
    settled_by: str


class PreviewRows:
    """The rows of one waiting plan, within the caller's transaction."""

    def __init__(self, connection: Connection, job: str) -> None:
        self._connection = connection
        self._job = job
        self._mine = _ROWS.job == job

    def fill(self, plan: Plan, source: PlanSource) -> str:
        """Keep the rows of a plan, and what it was made of, in the place of an earlier one; returns its checksum.

        The job's id tells this plan from another one of the same sheet that asks for the same.
        """
        self.remove()
        made_of = _SOURCE.dump_json(source).decode()
        checksum = PlanChecksum(self._job, made_of)
        lines = enumerate(checksum.over(lines_of(plan)))
        while part := [*islice(lines, _AT_ONCE)]:
            self._connection.execute(insert(PLAN_ROWS), [self._row_of(n, line) for n, line in part])
            tabs = [{"job": self._job, "tab": tab, "n": n} for n, line in part for tab in line.tabs]
            if tabs:
                self._connection.execute(insert(PLAN_TABS), tabs)
        self._connection.execute(insert(PLANS).values(job=self._job, source=made_of, checksum=checksum.text))
        return checksum.text

    def remove(self) -> None:
        """Forget the plan, and what was decided of it."""
        for table in (PLANS, PLAN_ROWS, PLAN_TABS, PLAN_DECISIONS):
            self._connection.execute(delete(table).where(table.c.job == self._job))

    def saved(self) -> Saved:
        """Return the plan, to be applied as it was shown. Raises Refusal for one that somebody edited."""
        kept = self._connection.execute(select(PLANS).where(PLANS.c.job == self._job)).one()
        source, checksum = _SOURCE.validate_json(kept.source), PlanChecksum(self._job, kept.source)
        wanted = select(_ROWS.row, _ROWS.key, _ROWS.plan).where(self._mine).order_by(_ROWS.n)
        plans = []
        for row, key, plan in self._connection.execute(wanted.execution_options(yield_per=_AT_ONCE)):
            checksum.add(row, key, plan)
            if plan is not None:
                plans.append((row, key, plan))
        if checksum.text != kept.checksum:
            raise Refusal(say("saved.edited", file=file_name(source.sheet)))
        plans.sort()
        rows = tuple(row for number, key, plan in plans if (row := row_of(number, key, "", plan)).calls)
        return Saved(source, Choices(), rows, kept.checksum)

    def tabs(self) -> Mapping[str, int]:
        """Return how many rows each tab has."""
        of, n = PLAN_TABS.c, func.count()
        by_action = select(_ROWS.action, n).where(self._mine).group_by(_ROWS.action)
        listed = select(of.tab, n).where(of.job == self._job).group_by(of.tab)
        actions = self._counted(by_action)
        return {"all": sum(actions.values()), **actions, **self._counted(listed)}

    def page(self, tab: str, search: str, page: int) -> PreviewPage:
        """Return a page of the rows of a tab that have `search` in their code or title."""
        where = [self._mine, *self._on(tab)]
        if words := search.strip().casefold():
            where.append(_ROWS.words.contains(words, autoescape=True))
        total = int(self._connection.execute(select(func.count()).where(*where)).scalar_one())
        pages = max(1, ceil(total / PAGE))
        page = min(max(1, page), pages)
        wanted = select(*_SHOWN).where(*where).order_by(_ROWS.n).limit(PAGE).offset((page - 1) * PAGE)
        rows = [_preview_row(row) for row in self._connection.execute(wanted)]
        return PreviewPage(rows, total, page, pages)

    def _on(self, tab: str) -> Iterator[ColumnElement[bool]]:
        """Yield what tells the rows of a tab."""
        if tab in ACTIONS:
            yield _ROWS.action == tab
        elif tab != "all":
            of = PLAN_TABS.c
            yield _ROWS.n.in_(select(of.n).where(of.job == self._job, of.tab == tab))

    def row(self, number: int) -> PreviewRow | None:
        """Return one row by its number in the sheet; None: the plan hasn't it."""
        found = self._connection.execute(select(*_SHOWN).where(self._mine, _ROWS.row == number)).first()
        return _preview_row(found) if found else None

    def tally(self) -> Tally:
        """Count what would be done after all that was decided."""
        left = (self._mine, _ROWS.acts, _ROWS.left_out_by.is_(None))
        counted = select(_ROWS.action, func.count()).where(*left).group_by(_ROWS.action)
        counts = self._counted(counted)
        newest = select(func.coalesce(func.max(PLAN_DECISIONS.c.id), 0)).where(PLAN_DECISIONS.c.job == self._job)
        publish, change, gone = (counts.get(one.value, 0) for one in (Action.PUBLISH, Action.UPDATE, Action.DELETE))
        return Tally(publish, change, gone, int(self._connection.execute(newest).scalar_one()))

    def take_over(self, shown: ShownPlan, by: str) -> None:
        """Decide as a page showed it. Raises Refusal where somebody else decided something since."""
        self._refuse_unseen(shown, by)
        for row, included in shown.rows.items():
            self.tick(row, by, included=included)
        for row, path, choice in shown.choices:
            self.settle(row, path, choice, by)

    def _refuse_unseen(self, shown: ShownPlan, by: str) -> None:
        """Raise Refusal where somebody else than `by` decided something since a page was shown."""
        if shown.decision is None:
            return
        of = PLAN_DECISIONS.c
        unseen = select(of.id).where(of.job == self._job, of.id > shown.decision, of.by != by).limit(1)
        if self._connection.execute(unseen).first():
            raise Refusal(say("job.decided"))

    def inherit(self, before: PreviewRows) -> None:
        """Decide as it was decided of an earlier plan of the same sheet, where that asked for the same."""
        decided = [*before.decided()]
        keys = select(_ROWS.key, _ROWS.row).where(self._mine)
        numbers = {key: row for key, row in self._connection.execute(keys)} if decided else {}  # noqa: C416
        for one in decided:
            then, now = before.row(one.row), self.row(numbers.get(one.key, -1))
            if then is None or now is None:
                continue
            if one.left_out_by and now.row.calls:
                self.tick(now.row.row.number, one.left_out_by, included=False)
            asked = {(change.path, change.before, change.after) for change in then.row.changes}
            for change in now.row.changes:
                if change.path in one.settled and (change.path, change.before, change.after) in asked:
                    self.settle(now.row.row.number, change.path, one.settled[change.path], one.settled_by)

    def tick(self, number: int, by: str, *, included: bool) -> None:
        """Take a row into the run, or leave it out, by its number in the sheet."""
        # Who left it out first stays named.
        is_in = _ROWS.left_out_by.is_(None)
        changed = update(PLAN_ROWS).where(self._mine, _ROWS.row == number, ~is_in if included else is_in)
        self._decided_by(by, self._connection.execute(changed.values(left_out_by=None if included else by)).rowcount)

    def settle(self, number: int, path: str, choice: str, by: str) -> None:
        """Decide who wins at a path of a row; what isn't to be decided there is left as it is."""
        found = self.row(number) if choice in CHOICES else None
        if found is None or path not in {change.path for change in found.row.changes if change.kind in _SETTLED}:
            return
        if found.settled.get(path, "sheet") == choice:
            return
        settled = {one: who for one, who in found.settled.items() if one != path}
        if choice != "sheet":
            settled[path] = choice
        acts = any(change.path not in settled for change in found.row.changes)
        new = {"settled": json.dumps(settled), "settled_by": by if settled else None, "acts": acts}
        changed = update(PLAN_ROWS).where(self._mine, _ROWS.row == number).values(new)
        self._decided_by(by, self._connection.execute(changed).rowcount)

    def decided(self) -> Iterator[DecidedRow]:
        """Yield the rows of which anything was decided."""
        any_ = _ROWS.left_out_by.is_not(None) | _ROWS.settled_by.is_not(None)
        wanted = select(_ROWS.row, _ROWS.key, _ROWS.left_out_by, _ROWS.settled, _ROWS.settled_by)
        for row in self._connection.execute(wanted.where(self._mine, any_).order_by(_ROWS.n)).all():
            yield DecidedRow(row.row, row.key, row.left_out_by, json.loads(row.settled or "{}"), row.settled_by or "")

    def _counted(self, by_name: Select[Any]) -> dict[str, int]:
        return {str(name): int(n) for name, n in self._connection.execute(by_name)}

    def _decided_by(self, by: str, rows: int) -> None:
        if rows:
            self._connection.execute(insert(PLAN_DECISIONS).values(job=self._job, by=by))

    def _row_of(self, n: int, line: PreviewLine) -> dict[str, object]:
        known = {"row": line.number, "key": line.key, "title": line.title, "words": line.words}
        told = {"action": line.action, "plan": line.document, "acts": line.acts}
        return {"job": self._job, "n": n, **known, **told}


def _preview_row(found: Row[*tuple[Any, ...]]) -> PreviewRow:
    row = row_of(found.row, found.key, found.title, found.plan)
    return PreviewRow(row, found.left_out_by, json.loads(found.settled or "{}"))

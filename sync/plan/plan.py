"""The plan: rows, their changes and the ordered calls that make them so."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, fields, replace
from enum import StrEnum
from functools import cached_property

from sync.call import Call, SentTogether
from sync.item import Cell, Clear, Item, LastCell, Path, PriceWindow, Row, Value, looks_same
from sync.messages import Message, Problem
from sync.plan.by_row import ByRow
from sync.plan.normal import normal_form
from sync.remembered import Made
from sync.rule import Ruling
from sync.synonyms import Ignored


class Action(StrEnum):
    """What a row comes to (docs/reference/json.md#plan-and-apply)."""

    PUBLISH = "publish"
    UPDATE = "update"
    DELETE = "delete"
    NONE = "none"
    INVALID = "invalid"
    BLOCKED = "blocked"


class Verdict(StrEnum):
    """What the three-way comparison says of one path (docs/reference/three-way.md#the-table)."""

    IN_SYNC = "in sync"
    KNOWN = "known"
    """The difference is known and was left on purpose."""
    EDIT = "edit"
    DRIFT = "drift"
    CONFLICT = "conflict"
    STALE = "stale"
    """Another value was carried out since this row was last synced: the cell may be an old one."""
    STOCK_DRIFT = "stock drift"
    """The stock moved on the platform and the sheet didn't ask for it: left alone, reported."""
    OUT_OF_REACH = "out of reach"
    """The platform changed what the channel can't, and the sheet didn't ask for it: left alone, reported."""
    WINDOW_DRIFT = "window drift"
    """Somebody changed the price while a campaign's was in force: left alone, reported."""
    SOLD_OUT = "sold out"
    """A status that waits for stock: left alone, and its baseline too, so that a restock puts the item up."""
    KEPT = "kept"
    """A person decided that the platform's value stays."""
    LEFT = "left"
    """A person decided nothing yet: the platform's value stays until they are asked again."""

    @property
    def changes(self) -> bool:
        """Whether this path is to be changed on the platform."""
        return self in (Verdict.EDIT, Verdict.DRIFT, Verdict.CONFLICT, Verdict.STALE)


@dataclass(frozen=True, slots=True)
class Decision:
    """One managed path of one row, with all that the verdict was drawn from."""

    path: Path
    verdict: Verdict
    cell: Cell
    """What the sheet says now (v)."""
    remote: Value | None
    """What the platform holds now (r)."""
    last: LastCell | None = None
    """The last cell (c), with its file and time."""
    last_remote: Value | None = None
    """The last remote (r₀)."""
    address: str | None = None
    first_contact: bool = False
    """True: nothing of this item was ever carried out, or found to be so, with this state."""
    own_form: bool = False
    """True: the platform keeps in a form of its own what it was sent, and that is seen for the first time."""

    @property
    def differs(self) -> bool:
        """Whether the platform holds something else than the cell says, and no form of it."""
        asked = None if isinstance(self.cell, Clear) else self.cell
        return not (looks_same(asked, self.remote) or normal_form(self.path, asked, self.remote))


@dataclass(frozen=True, slots=True)
class Change:
    """One path, from → to, and why."""

    path: Path
    before: Value | None
    after: Value | None
    kind: Verdict
    """`EDIT`, `DRIFT`, `CONFLICT` or `STALE`."""
    address: str | None = None
    """The cell that asks for it, such as `E12`."""
    first_contact: bool = False
    usual: Value | None = None
    """Where a campaign's price ends: what the cell said when it began, which its consent covers."""


@dataclass(slots=True)
class RowPlan:
    """One row of the plan. Nobody changes one; it isn't frozen, for the reason that `item.Row` isn't."""

    row: Row
    action: Action
    item_id: str | None = None
    changes: tuple[Change, ...] = ()
    calls: tuple[Call, ...] = ()
    problems: tuple[Problem, ...] = ()
    """The sheet's own problems of this row, and what the comparison found: errors, warnings, notes."""
    decisions: tuple[Decision, ...] = ()
    remote: Item = field(default_factory=dict)
    """What the platform held when the plan was made; empty for a new item."""
    drifted: bool = False
    """Somebody changed the platform, and no customer; the sheet did not: overridden, or left alone and reported."""
    skipped: bool = False
    """BLOCKED by `--on-conflict skip` or `--on-drift skip`: its result is `skipped`."""
    renames: str | None = None
    """The code under which state knew this item until now (`--rekey`)."""
    undoes: int | None = None
    """The run that this row reverses; None: it carries out a sheet."""
    last_stock: int = 0
    """Units that the platform was last seen to hold; 0 where that isn't known."""
    unread: bool = False
    """The item wasn't read (`--refresh changed`): `remote` is what the platform was last seen to hold."""
    reads_back: bool = False
    """What its calls wrote is read back at the end of the run; False in runs of version 0.1."""
    ruling: Ruling | None = None
    """What the rules say of its status; None: nothing, so that the row's 目标状态 stands."""
    priced: bool = False
    """A campaign's price is compared, or what follows it: what the price cell says isn't what should hold now."""
    window: PriceWindow | None = None
    """The campaign price that is in force once the row was carried out."""
    repeats: Made | None = None
    """The 库存增减 that this row asks for once more, without having seen that it was made."""
    foreign: bool = False
    """Another state stamped this row, which asks for a 库存增减: that one may have made it."""
    behind: bool = False
    """Something that this row says otherwise was carried out since it was last synced."""
    sku_stock: int | None = None
    """Units of all SKUs of its listing, once their rows are carried out; None: it is no listing that has SKUs."""

    def kept(self) -> RowPlan:
        """Return the row as it can be written down: its words as texts, its addresses worked out."""
        own = tuple(problem.kept() for problem in self.row.problems)
        row = replace(self.row, addresses=dict(self.row.addresses), problems=own)
        return replace(self, row=row, problems=tuple(problem.kept() for problem in self.problems))

    @property
    def conflicting(self) -> bool:
        """Whether both the sheet and the platform changed a path of this row."""
        return any(decision.verdict is Verdict.CONFLICT for decision in self.decisions)

    @property
    def stale(self) -> bool:
        """Whether a path of this row was carried out otherwise since the row was last synced."""
        return any(decision.verdict is Verdict.STALE for decision in self.decisions)


@dataclass(frozen=True)
class Guard:
    """A guard that this plan trips (docs/reference/guards.md), and the words that say why."""

    name: str
    message: Message
    rows: Sequence[Row] = ()
    """The rows that trip it, in the sheet's order."""


@dataclass(frozen=True)
class Summary:
    """The plan in numbers of rows; `calls` counts API calls that applying it makes."""

    rows: int
    publish: int
    update: int
    delete: int
    none: int
    invalid: int
    blocked: int
    drift: int
    conflict: int
    stale: int
    calls: int


class PlanTally:
    """Counts a plan's rows. All is counted of a row together: of many rows each is made anew for whoever looks."""

    def __init__(self) -> None:
        self._rows, self._counts, self._lanes = 0, Counter[str](), SentTogether()

    def look(self, row: RowPlan) -> None:
        """Count the next row of which something is to be said or done."""
        counts = self._counts
        self._rows += 1
        counts[row.action.value] += 1
        counts["drift"] += row.drifted
        counts["calls"] += sum(map(self._lanes.leaves, row.calls))
        if row.decisions:
            verdicts = {one.verdict for one in row.decisions}
            counts["conflict"] += Verdict.CONFLICT in verdicts
            counts["stale"] += Verdict.STALE in verdicts

    def summary(self, rows: int) -> Summary:
        """Return the numbers of a plan of so many rows: nothing is to be done of those that nobody looked at."""
        counts = self._counts + Counter({Action.NONE.value: rows - self._rows, "rows": rows})
        return Summary(**{one.name: counts[one.name] for one in fields(Summary)})


@dataclass(frozen=True)
class Plan:
    """What would be done, and what a person must confirm first."""

    rows: Sequence[RowPlan]
    guards: tuple[Guard, ...] = ()
    reads: int = 0
    """API calls that were made to read the platform for this plan."""
    rest: Sequence[RowPlan] = ()
    """The sheet's rows that are no part of the plan, as state last saw them; the guards measure by them, too."""
    ignored: tuple[Ignored, ...] = ()
    """The sheet's columns that aren't read."""
    notes: tuple[Message, ...] = ()
    """What is said once of the whole sheet."""
    parts: Sequence[RowPlan] = ()
    """What is carried out, where that isn't the rows: what SKUs' rows say of their listing is a part of its own."""
    counted: PlanTally | None = field(default=None, repr=False, compare=False)
    """The rows, where they were counted as they were planned; None: they are counted when somebody asks."""

    @property
    def carried_out(self) -> Sequence[RowPlan]:
        """What is carried out."""
        return self.parts or self.rows

    @property
    def busy(self) -> Sequence[RowPlan]:
        """The rows of which something is to be said or done."""
        return ByRow.of(self.rows).busy

    @property
    def told(self) -> Iterable[RowPlan]:
        """The rows of which a report can tell: the busy ones, and those whose item was found as it should be."""
        return ByRow.of(self.rows).read

    @cached_property
    def summary(self) -> Summary:
        """Count the rows by action, and the calls."""
        counted = self.counted
        if counted is None:
            counted = PlanTally()
            for row in self.busy:
                counted.look(row)
        return counted.summary(len(self.rows))

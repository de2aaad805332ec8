"""A row under way that is packed while it waits is the same row afterwards: all of it, wherever it stands."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import Enum
from types import FunctionType, GeneratorType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sync.apply.row_run import RowRun
from sync.call import Call, Op, Outcome, Reply, Result
from sync.fields import INVENTORY, PRICE, STATUS, TITLE
from sync.item import Baseline, Item, LastCell, Status
from sync.messages import say
from sync.packed import packed, unpacked
from sync.plan.plan import RowPlan
from sync.remembered import Hold
from sync.state.store import JournalLine
from tests.apply import script_driver as scripts
from tests.apply.rows import HELD, SHOP, WEEK, planned

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
_WEEK = planned(*WEEK, held={str(item["_sys@itemId"]): item for item in SHOP}).rows
PLANS: Sequence[RowPlan] = (
    *(row for row in _WEEK if row.calls),
    scripts.SEVERAL,
    scripts.RESTOCK,
    scripts.DELETE,
    scripts.UP,
    replace(scripts.EDIT, calls=(Call(Op.LOOK, scripts.EDIT.item_id), *scripts.EDIT.calls)),
    replace(scripts.EDIT, renames="I-OLD"),
)
KNOWN = Baseline("7", {PRICE: LastCell(990, "weekly.xlsx", AT)}, {PRICE: 990}, hold=Hold(-2, 4, AT, unknown=True))

Draw = Callable[[st.SearchStrategy[Any]], Any]


def feed(row: RowRun, draw: Draw) -> None:
    """Let it be answered as a platform may; most answers are good ones, so that it gets far."""
    outcome = draw(st.sampled_from([*[Outcome.DONE] * 4, Outcome.UNKNOWN, Outcome.FAILED]))
    call, reply = row.step.call, Reply(outcome, error=say("gateway.lost"))
    if outcome is Outcome.DONE:
        reply = Reply(outcome, item_id=draw(st.sampled_from([call.item_id, "99"])), request_id="r")
        if call.op is Op.LOOK:
            reply = Reply(outcome, item=draw(st.one_of(st.just(as_sent(row)), seen(), st.none())))
    row.feed(reply, draw(st.integers(1, 20)), at=moment(draw))


def as_sent(row: RowRun) -> Item:
    return {**row.plan.remote, **row._at.held}


def seen() -> st.SearchStrategy[Item]:
    odd: Mapping[str, st.SearchStrategy[Any]] = {
        INVENTORY: st.integers(0, 16),
        PRICE: st.sampled_from([1990, 2590, 1]),
        STATUS: st.sampled_from([Status.ACTIVE, Status.INACTIVE]),
        TITLE: st.sampled_from(["猫爪杯", "大 猫爪杯"]),
    }
    return st.fixed_dictionaries({}, optional=dict(odd)).map(lambda other: {**HELD, **other})


def moment(draw: Draw) -> datetime:
    return AT + timedelta(seconds=draw(st.integers(0, 90)))


def leave(row: RowRun, draw: Draw) -> None:
    row.leave(draw(st.floats(0, 100)))


def restate(row: RowRun, draw: Draw) -> None:
    row.restate(draw(seen()))


def leave_unread(row: RowRun, draw: Draw) -> None:
    if row.reads_back:
        row.leave_unread()


def replay(row: RowRun, draw: Draw) -> None:
    """Take it up by a line of its journal, or by one that isn't of its call."""
    method = draw(st.sampled_from(["its own", "its own", "another"]))
    told = Outcome.DONE, None, draw(st.one_of(st.none(), seen()))
    row.replay([JournalLine(*told, moment(draw), row.step.call.writes, method)], lambda _: ("its own", {}))


MOVES: Mapping[str, Callable[[RowRun, Draw], object]] = {
    "feed": feed,
    "leave": leave,
    "restate": restate,
    "leave_unread": leave_unread,
    "replay": replay,
    "abandon": lambda row, _: row.abandon(),
    "give_up": lambda row, _: row.give_up(Result.SKIPPED, say("sku.not_down")),
}
"""All that can befall a row."""
OF_NEXT_CALL = {"step", "irreversible", "joins", "begins_price", "max_batch"}
"""What only a row says of itself that has another call to make."""
OFTEN = ["feed", "leave"] * 6 + ["restate", "replay"]
"""What doesn't end it."""


def repacked(row: RowRun) -> RowRun:
    return unpacked(packed([row]))[0]


class _Image:
    """All that a thing is made of, its private parts and where its scripts stand among it. Calls and steps are told
    apart by which they are: a row asks whether a call is the very one that was lost."""

    def __init__(self) -> None:
        self._met: dict[int, int] = {}
        self._kept: list[object] = []

    def of(self, thing: Any) -> object:
        if isinstance(thing, GeneratorType):
            frame = thing.gi_frame
            stands = frame and (frame.f_lasti, self.of(dict(sorted(frame.f_locals.items()))))
            return thing.__qualname__, stands, self.of(thing.gi_yieldfrom)
        if isinstance(thing, Enum):
            return thing
        if is_dataclass(thing) or isinstance(thing, RowRun):
            if id(thing) in self._met:
                return self._met[id(thing)]
            self._met[id(thing)] = len(self._met)
            self._kept.append(thing)
            names = [each.name for each in fields(thing)] if is_dataclass(thing) else sorted(vars(thing))
            return type(thing), [(name, self.of(getattr(thing, name))) for name in names]
        if isinstance(thing, Mapping):
            return [(self.of(key), self.of(value)) for key, value in thing.items()]
        if isinstance(thing, list | tuple):
            return type(thing), [*map(self.of, thing)]
        return type(thing), getattr(thing, "__qualname__", thing)


def image(row: RowRun) -> object:
    """All that a row is, and all that it says of itself."""
    told = {name for name, kind in vars(RowRun).items() if isinstance(kind, property)}
    if row.ending is None:
        return _Image().of(row), [(name, getattr(row, name)) for name in sorted(told)]
    # Whoever ends a row looks at its progress a last time, and takes no further step.
    kept = [(name, _Image().of(value)) for name, value in vars(row).items() if name not in ("_at", "_steps")]
    return kept, [(name, getattr(row, name)) for name in sorted(told - OF_NEXT_CALL)]


def test_all_that_can_befall_a_row_is_tried_here() -> None:
    public = {name for name, kind in vars(RowRun).items() if isinstance(kind, FunctionType) and name[0] != "_"}
    assert public == {*MOVES}, "what is new must be packed, too: let it befall the rows of this test"


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_packed_row_is_the_same_row(data: st.DataObject) -> None:
    draw: Draw = data.draw
    plan = replace(draw(st.sampled_from(PLANS)), reads_back=draw(st.booleans()))
    known = draw(st.sampled_from([{}, {plan.row.key: KNOWN}]))
    row = RowRun(plan, known, aged=draw(st.booleans()))
    for name in [*draw(st.lists(st.sampled_from(OFTEN), max_size=14)), draw(st.sampled_from([*MOVES]))]:
        twin = repacked(row)
        assert image(twin) == image(row)
        if draw(st.booleans()):
            row = twin
        if row.ending is None:
            MOVES[name](row, draw)
    assert image(repacked(row)) == image(row)


@pytest.mark.parametrize("plan", PLANS, ids=range(len(PLANS)))
def test_a_row_of_which_nothing_is_known_can_be_packed(plan: RowPlan) -> None:
    row = RowRun(plan)
    assert image(repacked(row)) == image(row)

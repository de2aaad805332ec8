"""A large sheet is read and planned some rows after others: the plan is the one that all rows at once would give."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sync import packed
from sync.abilities import SHOP
from sync.apply import prepare as preparing
from sync.apply.prepare import prepare
from sync.call import Call, Outcome, Reply, Result
from sync.fields import CATEGORY, INVENTORY, ITEM_ID, PRICE
from sync.gateway.channel import Progress
from sync.item import Baseline, Item, Path, PriceWindow, Row, Status, Value
from sync.plan import guards, resolve
from sync.plan.by_row import ByRow
from sync.plan.document import plan_document
from sync.plan.identity import Memory
from sync.plan.listings import parted
from sync.plan.options import Options
from sync.plan.plan import Plan, RowPlan
from sync.plan.remember import remember
from sync.remembered import Hold, LastRuling
from tests.plan.builders import LAST_WEEK, NOW, SHEET, held, known, row
from tests.plan.rulebook import AT, DAY, rules
from tests.plan.test_as_remembered import CODES, IDS, OPTIONS, memories, mostly, sheets
from tests.plan.test_document import spell
from tests.plan.test_skus import listing, of_sku


@dataclass
class ReadOnlyChannel:
    """A channel that has some items, and can only be read."""

    items: Mapping[str, Item]
    skus: Mapping[str, Mapping[str, Item]] = field(default_factory=dict)

    def read(self, item_ids: Sequence[str], progress: Progress) -> Mapping[str, Reply]:
        progress(len(item_ids))
        found = ((item_id, self.items.get(item_id), self.skus.get(item_id, {})) for item_id in item_ids)
        return {item_id: Reply(Outcome.DONE, item=item, skus=skus) for item_id, item, skus in found}

    def spell(self, call: Call) -> tuple[str, Mapping[str, object]]:
        return spell(call)

    def send(self, calls: Sequence[Call]) -> Sequence[Reply]:
        raise AssertionError(calls)


MOVED: Sequence[Mapping[Path, Value | None]] = (
    *({INVENTORY: count} for count in (0, 3)),
    {PRICE: 1},
    {CATEGORY: None},
    {"_sys@userId": "9"},
)
# What is made for each draw anew takes longer than the draw.
MAYBE_MOVED = mostly({}, *MOVED)
SOME_IDS = st.sets(st.sampled_from(IDS), min_size=3)


def planned(
    sheet: Sequence[Row], memory: Memory, channel: ReadOnlyChannel, options: Options
) -> tuple[Plan, list[RowPlan]]:
    """The plan, and what was noted of it."""
    noted: list[RowPlan] = []
    plan = prepare(
        sheet,
        memory,
        channel,
        options,
        lambda _: nullcontext(lambda _: None),
        made=lambda _: {},
        note=noted.extend,
    )
    return plan, noted


@contextmanager
def two_at_a_time() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(preparing, "TOGETHER", 2)
        patched.setattr(resolve, "TOGETHER", 2)
        patched.setattr(guards, "TOGETHER", 1)
        patched.setattr(packed, "TOGETHER", 2)
        patched.setattr(packed, "FEW", 1)
        yield


def remembered(plan: Plan, memory: Memory) -> list[Baseline]:
    """What a run would remember of each row, if it found it so."""
    return [
        remember(
            one,
            memory.baselines.get(one.renames or one.row.key),
            Result.NONE,
            (),
            item_id=one.item_id,
            file=SHEET,
            at=NOW,
            hold=None,
        )
        for one in plan.carried_out
    ]


@settings(max_examples=150)
@given(st.data(), memories(), OPTIONS)
def test_some_rows_after_others_give_the_same_plan(
    data: st.DataObject, baselines: Mapping[str, Baseline], options: Options
) -> None:
    memory, sheet = Memory(baselines), data.draw(sheets(baselines))
    options = replace(options, sheet=sheet)
    known_items = {one.item_id: one.remote for one in baselines.values() if one.item_id}
    items = {
        item_id: {
            path: value
            for path, value in {**known_items.get(item_id, held()), **data.draw(MAYBE_MOVED)}.items()
            if value is not None
        }
        for item_id in data.draw(SOME_IDS)
    }
    whole, seen = planned(sheet, memory, ReadOnlyChannel(items), options)
    with two_at_a_time():
        parts, seen_in_parts = planned(sheet, memory, ReadOnlyChannel(items), options)
        assert plan_document(parts, spell, "zh") == plan_document(whole, spell, "zh")
        assert (parts.summary, parts.guards, parts.notes, parts.reads) == (
            whole.summary,
            whole.guards,
            whole.notes,
            whole.reads,
        )
        assert remembered(parts, memory) == remembered(whole, memory)
        assert [(one.remote, one.last_stock, one.unread) for one in parts.told] == [
            (one.remote, one.last_stock, one.unread) for one in whole.told
        ]
        assert seen_in_parts == seen


SAME = {code: known(item_id=item_id, code=code) for code, item_id in zip(CODES, IDS, strict=True)}
WEEKLY = [row(dict.fromkeys((PRICE,), 12800), code=code, number=n) for n, code in enumerate(CODES, start=2)]


def test_of_rows_found_so_no_plan_is_kept() -> None:
    items = {item_id: held(code=code) for code, item_id in zip(CODES, IDS, strict=True)}
    items[IDS[1]] = held({PRICE: 1}, code=CODES[1])
    with two_at_a_time():
        plan, _ = planned(WEEKLY, Memory(SAME), ReadOnlyChannel(items), Options(SHEET, sheet=WEEKLY))
    rows = ByRow.of(plan.rows)
    assert [one.row.outer_id for one in rows.busy] == [CODES[1]]
    assert [one.row.outer_id for one in plan.told] == [*CODES]
    assert (rows.unread_rows, rows.idle_rows) == (0, 4)


def test_the_numbers_of_many_rows_unpack_none(monkeypatch: pytest.MonkeyPatch) -> None:
    items = {item_id: held({PRICE: 1}, code=code) for code, item_id in zip(CODES, IDS, strict=True)}
    with two_at_a_time():
        plan, _ = planned(WEEKLY, Memory(SAME), ReadOnlyChannel(items), Options(SHEET, sheet=WEEKLY))
    unpacked: list[bytes] = []
    monkeypatch.setattr(packed, "unpacked", unpacked.append)
    assert (plan.summary.rows, plan.summary.update, unpacked) == (len(CODES), len(CODES), [])


FIRST, *OTHERS = CODES
TYPED = row({PRICE: 12800}, code=FIRST)
WAS = known(cells={PRICE: 12800}, item_id=IDS[0], code=FIRST)
NEWS: Mapping[str, tuple[Row, Baseline | None]] = {
    "its cell is new": (TYPED, known(item_id=IDS[0], code=FIRST)),
    "its cell says otherwise": (TYPED, known(cells={PRICE: 9900}, item_id=IDS[0], code=FIRST)),
    "the platform held otherwise": (TYPED, replace(WAS, remote=held({PRICE: 9900}, code=FIRST))),
    "something was left": (TYPED, replace(WAS, pending=True)),
    "its move was made": (TYPED, replace(WAS, hold=Hold(5, 7, LAST_WEEK, sheet=SHEET))),
    "a rule decided": (TYPED, replace(WAS, ruled=LastRuling(Status.ACTIVE, "daily", "夜里"))),
    "its campaign ended": (TYPED, replace(WAS, window=PriceWindow(9900, AT - 2 * DAY, AT - DAY))),
    "it is another item's": (replace(TYPED, item_id=IDS[0]), known(item_id="99", code=FIRST)),
    "nothing is known of it": (replace(TYPED, item_id=IDS[0]), None),
    "nothing is new": (TYPED, WAS),
}


@pytest.mark.parametrize(("first", "was"), NEWS.values(), ids=NEWS)
def test_of_a_row_found_so_a_run_remembers_what_is_new(first: Row, was: Baseline | None) -> None:
    memory = Memory({code: SAME[code] for code in OTHERS} | ({FIRST: was} if was else {}))
    items = {item_id: held(code=code) for code, item_id in zip(CODES, IDS, strict=True)}
    sheet = [first, *WEEKLY[1:]]
    options = Options(SHEET, sheet=sheet, rules=rules())
    whole, _ = planned(sheet, memory, ReadOnlyChannel(items), options)
    with two_at_a_time():
        parts, _ = planned(sheet, memory, ReadOnlyChannel(items), options)
        assert remembered(parts, memory) == remembered(whole, memory)
        assert plan_document(parts, spell, "zh") == plan_document(whole, spell, "zh")


def test_an_item_of_which_all_is_typed_is_remembered_whole_when_first_seen() -> None:
    typed = [row(held(code=code), code=code, number=one.number) for code, one in zip(CODES, WEEKLY, strict=True)]
    sheet = [replace(one, item_id=item_id) for one, item_id in zip(typed, IDS, strict=True)]
    items = {item_id: {**held(code=code), ITEM_ID: item_id} for code, item_id in zip(CODES, IDS, strict=True)}
    with two_at_a_time():
        plan, _ = planned(sheet, Memory(), ReadOnlyChannel(items), Options(SHEET, sheet=sheet))
    found = ByRow.of(plan.carried_out)
    assert (found.idle_rows, [one.remote for one in found]) == (len(CODES), [*items.values()])


def test_the_rows_of_a_listing_are_planned_together_wherever_they_stand() -> None:
    whole, skus = listing({"RED": 3, "BLUE": 4})
    rows = [of_sku("RED", 2, {INVENTORY: 0}), *WEEKLY[1:], of_sku("BLUE", 9, {INVENTORY: 0}), of_sku("RED", 10, {})]
    items = {**{item_id: held(code=code) for code, item_id in zip(CODES, IDS, strict=True)}, "7": whole}
    memory = Memory({code: SAME[code] for code in OTHERS})
    for sheet in map(parted, (rows, rows[:-1])):
        options, channel = Options(SHEET, sheet=sheet, abilities=SHOP), ReadOnlyChannel(items, {"7": skus})
        at_once, _ = planned(sheet, memory, channel, options)
        with two_at_a_time():
            parts, _ = planned(sheet, memory, channel, options)
            assert plan_document(parts, spell, "zh") == plan_document(at_once, spell, "zh")
    assert [one.row.number for one in at_once.rows if one.calls] == [2, 9]

"""One row's script, driven by hand: every way that its calls can go, told as a conversation."""

from datetime import UTC, datetime
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.apply.progress import Ending, LostMove, Progress
from sync.apply.recovery import ROUNDS, Earliest, Step
from sync.apply.row_run import RowRun
from sync.apply.row_script import strayed
from sync.call import Call, Op, Outcome, Reply, Result
from sync.fields import INVENTORY, PRICE, STATUS
from sync.item import Status
from sync.plan.plan import RowPlan
from tests.apply.rows import HELD, ID, OFF, updated
from tests.apply.script_driver import (
    DELETE,
    DOWN,
    EDIT,
    GONE,
    LOST,
    NEW,
    NEW_ID,
    NEW_OFF,
    NO,
    OK,
    PLUS_5,
    RESTOCK,
    SECOND_ID,
    SEVERAL,
    TO_15,
    UP,
    Answers,
    drive,
    script_of,
    seen,
    short,
)

DONE, FAILED, UNKNOWN = Result.DONE, Result.FAILED, Result.UNKNOWN

SMOOTH: list[tuple[str, RowPlan, Answers]] = [
    ("an edit", EDIT, [("modify", OK)]),
    ("taking down first, then the rest", SEVERAL, [("status 0", OK), ("modify", OK), ("stock +5", OK)]),
    ("putting up", UP, [("status 1", OK)]),
    ("deleting", DELETE, [("status -1", OK)]),
    ("a count", TO_15, [("stock +5", OK)]),
    ("a move", PLUS_5, [("stock +5", OK)]),
    ("a new item", NEW, [("generate", NEW_ID), ("publish", NEW_ID)]),
    (
        "a new item that is to be off",
        NEW_OFF,
        [("generate", NEW_ID), ("publish", NEW_ID), ("status 0", OK), ("stock +4", OK)],
    ),
    ("a restock stays off, whatever a look would say", RESTOCK, [("stock +5", OK), ("status 0", OK)]),
]

SETTLED: list[tuple[str, RowPlan, Answers]] = [
    (
        "a lost edit had happened",
        EDIT,
        [("modify", LOST), ("look settled", seen(price=2590)), ("look at end", seen(price=2590))],
    ),
    (
        "a lost edit had not happened",
        EDIT,
        [("modify", LOST), ("look settled", seen()), ("modify", OK), ("look at end", seen(price=2590))],
    ),
    (
        "an edit is lost again and again, until the end of the run",
        EDIT,
        [("modify", LOST)]
        + [("look settled", seen()), ("modify", LOST)] * ROUNDS
        + [("look at end", seen(price=2590)), ("look at end", seen(price=2590))],
    ),
    (
        "looking fails too, for a while",
        EDIT,
        [("modify", LOST), ("look settled", LOST), ("look settled", NO), ("look settled", seen(price=2590)),
         ("look at end", seen(price=2590))],
    ),
    (
        "an edit takes effect late, and is found undone by it",
        EDIT,
        [("modify", LOST), ("look settled", seen(price=2590)), ("look at end", seen(price=1990)), ("modify", OK)],
    ),
    (
        "an edit that is lost again at the end needs no look after it was sent once more",
        EDIT,
        [("modify", LOST), ("look settled", seen(price=2590)), ("look at end", seen()), ("modify", LOST),
         ("look at end", seen()), ("modify", OK)],
    ),
    (
        "the last look fails: what was known stands",
        EDIT,
        [("modify", LOST), ("look settled", seen(price=2590)), ("look at end", LOST)],
    ),
    (
        "a lost count had not happened, and two were sold: the gap that is left now is closed",
        TO_15,
        [("stock +5", LOST), ("look settled", seen(stock=8)), ("stock +7", OK), ("look at end", seen(stock=15))],
    ),
    (
        "a lost count had happened, and two were sold",
        TO_15,
        [("stock +5", LOST), ("look settled", seen(stock=13)), ("stock +2", OK), ("look at end", seen(stock=15))],
    ),
    (
        "a lost count takes effect after its gap was closed",
        TO_15,
        [("stock +5", LOST), ("look settled", seen(stock=10)), ("stock +5", OK),
         ("look at end", seen(stock=20)), ("stock -5", OK)],
    ),
    ("a lost move had happened", PLUS_5, [("stock +5", LOST), ("look settled", seen(stock=15))]),
    (
        "a lost move had happened, as is seen at the end",
        PLUS_5,
        [("stock +5", LOST), ("look settled", seen(stock=10)), ("look at end", seen(stock=15))],
    ),
    (
        "a count that came twice, seen only at the second look",
        TO_15,
        [("stock +5", LOST), ("look settled", seen()), ("stock +5", OK), ("look at end", LOST),
         ("look at end", seen(stock=20)), ("stock -5", OK), ("look at end", seen(stock=15))],
    ),
    (
        "a count mended at the end, lost, mended again, and then come twice",
        TO_15,
        [("stock +5", LOST), ("look settled", seen(stock=15)), ("look at end", seen(stock=14)), ("stock +1", LOST),
         ("look at end", seen(stock=14)), ("stock +1", OK), ("look at end", seen(stock=16)), ("stock -1", OK)],
    ),
    ("a lost deletion had happened", DELETE, [("status -1", LOST), ("look settled", GONE), ("look at end", GONE)]),
    (
        "a lost deletion had not happened",
        DELETE,
        [("status -1", LOST), ("look settled", seen()), ("status -1", OK), ("look at end", GONE)],
    ),
    (
        "a lost turning on, and all was sold since",
        UP,
        [("status 1", LOST), ("look settled", seen(stock=0, status=0)), ("look at end", seen(stock=0, status=0))],
    ),
    (
        "an id is lost: ids cost nothing",
        NEW,
        [("generate", LOST)] * ROUNDS + [("generate", NEW_ID), ("publish", NEW_ID)],
    ),
    (
        "a lost publish is found under its id",
        NEW,
        [("generate", NEW_ID), ("publish", LOST), ("look settled", seen()), ("look at end", seen())],
    ),
    (
        "a lost publish is not found, and made again under the same id",
        NEW,
        [("generate", NEW_ID), ("publish", LOST), ("look settled", GONE), ("publish", NEW_ID),
         ("look at end", seen())],
    ),
    (
        "the rest of a new item goes on after a lost publish",
        NEW_OFF,
        [("generate", NEW_ID), ("publish", LOST), ("look settled", seen(stock=1)), ("status 0", OK), ("stock +4", OK),
         ("look at end", seen())],
    ),
    (
        "the turning off after a restock is lost, and settled",
        RESTOCK,
        [("stock +5", OK), ("status 0", LOST), ("look settled", seen(status=0)),
         ("look at end", seen(status=0))],
    ),
    (
        "a count closed at the end and lost is looked at before the next call",
        RESTOCK,
        [("stock +5", LOST), ("look settled", seen(stock=5, status=0)),
         ("status 0", LOST), ("look settled", seen(stock=5, status=0)),
         ("look at end", seen(stock=0)), ("stock +5", LOST),
         ("look at end", seen(stock=5)), ("status 0", OK)],
    ),
]  # fmt: skip


@pytest.mark.parametrize(("plan", "answers"), [pytest.param(*case, id=name) for name, *case in (*SMOOTH, *SETTLED)])
def test_what_ends_well(plan: RowPlan, answers: Answers) -> None:
    ending, _ = drive(plan, answers)
    assert ending.result is DONE
    assert [call.op for call in ending.done] == [call.op for call in plan.calls]
    assert ending.lost_move is None


TROUBLE: list[tuple[str, RowPlan, Answers, Result, list[Op], str]] = [
    ("refused", EDIT, [("modify", NO)], FAILED, [], "gateway.refused"),
    ("refused half-way", SEVERAL, [("status 0", OK), ("modify", NO)], FAILED, [Op.STATUS], "gateway.refused"),
    ("no id", NEW, [("generate", NO)], FAILED, [], "gateway.refused"),
    ("no id, and again none", NEW, [("generate", LOST)] * (ROUNDS + 1), UNKNOWN, [], "call.unknown"),
    (
        "refused when sent again",
        EDIT,
        [("modify", LOST), ("look settled", seen()), ("modify", NO)],
        FAILED, [], "gateway.refused",
    ),
    (
        "the item vanished",
        EDIT,
        [("modify", LOST), ("look settled", GONE)],
        FAILED, [], "item.vanished",
    ),
    (
        "an edit that stays lost",
        EDIT,
        [("modify", LOST)] + [("look settled", seen()), ("modify", LOST)] * ROUNDS
        + [("look at end", seen()), ("modify", LOST)],
        UNKNOWN, [], "call.unknown",
    ),
    (
        "a publish that nobody can look after",
        NEW,
        [("generate", NEW_ID), ("publish", LOST)] + [("look settled", LOST)] * ROUNDS + [("look at end", LOST)],
        UNKNOWN, [Op.GENERATE], "call.unknown",
    ),
    (
        "a late effect that can't be undone",
        EDIT,
        [("modify", LOST), ("look settled", seen(price=2590)), ("look at end", seen()), ("modify", NO)],
        UNKNOWN, [], "call.unknown",
    ),
    (
        "a count lost at the end to the last, and what was to follow it: neither is taken for done",
        RESTOCK,
        [("stock +5", LOST), ("look settled", seen(stock=5, status=0)),
         ("status 0", LOST), ("look settled", seen(stock=5, status=0))]
        + [("look at end", seen(stock=0)), ("stock +5", LOST)] * ROUNDS,
        UNKNOWN, [], "call.unknown",
    ),
    (
        "whether a count came twice can't be seen",
        TO_15,
        [("stock +5", LOST), ("look settled", seen()), ("stock +5", OK)] + [("look at end", LOST)] * ROUNDS,
        UNKNOWN, [], "call.unknown",
    ),
]  # fmt: skip


@pytest.mark.parametrize(
    ("plan", "answers", "result", "done", "code"), [pytest.param(*case, id=name) for name, *case in TROUBLE]
)
def test_what_ends_badly(plan: RowPlan, answers: Answers, result: Result, done: list[Op], code: str) -> None:
    ending, _ = drive(plan, answers)
    assert (ending.result, [call.op for call in ending.done]) == (result, done)
    assert code in [message.code for message in ending.note]


@pytest.mark.parametrize(
    ("looks", "left"),
    [
        ([("look settled", seen(stock=10)), ("look at end", seen(stock=10))], 10),
        ([("look settled", seen(stock=10)), ("look at end", seen(stock=13))], 13),
        ([("look settled", seen(stock=20)), ("look at end", LOST)], None),
        ([("look settled", LOST)] * ROUNDS + [("look at end", seen(stock=7))], 7),
        ([("look settled", LOST)] * ROUNDS + [("look at end", NO)], None),
        ([("look settled", GONE)] * ROUNDS + [("look at end", GONE)], None),
    ],
    ids=["not moved", "moved by something else", "then not seen", "seen at the end only", "never seen", "gone"],
)
def test_a_lost_move_that_cannot_be_proved_is_left_to_a_person(looks: Answers, left: int | None) -> None:
    ending, _ = drive(PLUS_5, [("stock +5", LOST), *looks])
    assert ending.result is UNKNOWN
    assert ending.lost_move == LostMove(5, 10, left)
    assert ending.done == ()
    note = ending.note[-1].words("en")
    assert "+5" in note and "10" in note and str("?" if left is None else left) in note


def test_a_move_that_was_found_done_is_not_doubted_again_because_of_a_sale() -> None:
    ending, steps = drive(
        updated({PRICE: 2590}, change=5),
        [
            ("modify", LOST),
            ("look settled", seen(price=2590)),
            ("stock +5", LOST),
            ("look settled", seen(stock=15)),
            ("look at end", seen(stock=12, price=2590)),
        ],
    )
    assert ending.result is DONE
    assert [step.call.op for step in steps].count(Op.STOCK) == 1


def test_a_new_items_calls_go_to_the_id_that_the_platform_gave() -> None:
    answers = [("generate", NEW_ID), ("publish", SECOND_ID), ("status 0", OK), ("stock +4", OK)]
    ending, steps = drive(NEW_OFF, answers)
    assert [step.call.item_id for step in steps] == [None, "99", "100", "100"]
    assert ending.item_id == "100"
    assert [(note.code, note.args["asked"], note.args["given"]) for note in ending.note] == [
        ("publish.other_id", "99", "100")
    ]


def test_an_id_whose_publish_was_refused_belongs_to_nobody() -> None:
    assert drive(NEW, [("generate", NEW_ID), ("publish", NO)])[0].item_id is None


@pytest.mark.parametrize(
    ("look", "result"),
    [(seen(), DONE), (GONE, FAILED), (LOST, UNKNOWN)],
    ids=["the lost one came late", "it never came", "nobody can tell"],
)
def test_a_publish_refused_after_a_lost_one(look: Reply, result: Result) -> None:
    answers = [
        ("generate", NEW_ID),
        ("publish", LOST),
        ("look settled", GONE),
        ("publish", NO),
        ("look settled", look),
    ]
    at_the_end = [("look at end", seen())] if result is DONE else []
    ending, _ = drive(NEW, [*answers, *at_the_end])
    assert (ending.result, ending.item_id) == (result, "99")


def test_a_row_that_is_given_up_after_its_lost_call_was_found_done_is_not_in_doubt() -> None:
    row = RowRun(EDIT)
    for reply in (LOST, seen(price=2590)):
        row.feed(reply, at=datetime(2026, 11, 21, tzinfo=UTC))
    row.abandon()
    assert row.ending is not None
    assert (row.ending.result, row.ending.doubtful) == (Result.SKIPPED, None)
    assert [call.op for call in row.ending.done] == [Op.MODIFY]


@pytest.mark.parametrize("made", [True, False])
def test_a_journal_of_other_calls_holds_only_a_move_that_it_does_not_tell_of(made: bool) -> None:
    at = Progress(PLUS_5.item_id, PLUS_5.remote)
    if made:
        at.take(PLUS_5.calls[0], OK)
    ending = strayed(PLUS_5, at)
    assert (ending.result, ending.unreadable) == (UNKNOWN, True)
    assert ending.lost_move == (None if made else LostMove(5, 10, None))


def test_the_before_image_follows_what_was_done() -> None:
    answers = [
        ("status 0", OK),
        ("modify", LOST),
        ("look settled", seen(stock=9)),
        ("modify", OK),
        ("stock +5", OK),
        ("look at end", seen(price=2590)),
    ]
    _, steps = drive(SEVERAL, answers)
    befores = [step.before for step in steps]
    assert befores[0] == HELD
    assert befores[1] == OFF
    assert befores[3] == {**HELD, INVENTORY: 9}
    assert befores[4] == {**OFF, PRICE: 2590}


def test_taking_down_that_is_lost_is_settled_before_anything_else() -> None:
    answers = [
        ("status 0", LOST),
        ("look settled", seen(status=1)),
        ("status 0", OK),
        ("look at end", seen(status=0)),
    ]
    assert drive(DOWN, answers)[0].result is DONE
    assert DOWN.item_id == ID


PLANS = [EDIT, TO_15, PLUS_5, DOWN, UP, DELETE, SEVERAL, RESTOCK, NEW, NEW_OFF, updated({PRICE: 1}, change=-10)]
ITEMS = st.builds(
    lambda stock, price, status: {**HELD, INVENTORY: stock, PRICE: price, STATUS: status},
    st.sampled_from([0, 5, 10, 15, 20]),
    st.sampled_from([1990, 2590]),
    st.sampled_from([Status.ACTIVE, Status.INACTIVE]),
)


def replies(call: Call) -> st.SearchStrategy[Reply]:
    """Anything that may come of a call, `NOT_SENT` aside."""
    trouble = st.sampled_from([LOST, NO])
    if call.op is Op.LOOK:
        return trouble | st.just(GONE) | ITEMS.map(lambda item: Reply(Outcome.DONE, item=item))
    if call.op in (Op.GENERATE, Op.PUBLISH):
        return trouble | st.sampled_from([NEW_ID, SECOND_ID])
    return trouble | st.just(OK)


MOST_STEPS = 40
"""Four calls, each lost in all its rounds, each looked after at the end."""


@given(st.sampled_from(PLANS), st.data())
def test_whatever_comes_the_script_ends_and_never_hopes(plan: RowPlan, data: st.DataObject) -> None:
    script, history = script_of(plan), list[tuple[Step, Reply]]()
    step = next(script)
    while True:
        assert len(history) < MOST_STEPS
        reply = data.draw(replies(step.call), label=short(step))
        history.append((step, reply))
        try:
            step = script.send(reply)
        except StopIteration as stop:
            check(plan, history, stop.value)
            return


def check(plan: RowPlan, history: list[tuple[Step, Reply]], ending: Ending) -> None:
    moves = [step for step, _ in history if step.call.op is Op.STOCK and step.call.count is None]
    assert len(moves) <= 1
    for (step, reply), (following, _) in pairwise(history):
        if step.call.writes and reply.outcome is Outcome.UNKNOWN and step.call.op is not Op.GENERATE:
            assert following.call.op is Op.LOOK and following.when is not Earliest.NOW
    assert all(step.call.item_id == plan.item_id for step, _ in history if plan.item_id)
    if ending.result is DONE:
        lasting = [call.op for call in plan.calls if call.op is not Op.LOOK]
        assert [call.op for call in ending.done][: len(lasting)] == lasting
    else:
        assert ending.note
    if moves and ending.result is UNKNOWN and not any(call.op is Op.STOCK for call in ending.done):
        assert ending.lost_move is not None

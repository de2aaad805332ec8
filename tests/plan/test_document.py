"""A plan and a run as JSON: exactly the shape of docs/reference/json.md."""

from __future__ import annotations

import json
from collections.abc import Mapping

from sync.call import Call, CallRecord, Outcome, Result, RowResult
from sync.fields import CATEGORY, INVENTORY, OUTER_ID, PRICE, STATUS, TITLE
from sync.item import CLEAR, Opaque, Status
from sync.messages import Level, Problem, say
from sync.plan.document import applied_document, plan_document, result_document
from sync.plan.options import Choices, Options
from sync.plan.plan import Plan
from tests.plan.builders import BRAND, CODE, ITEM, SHEET, held, known, new_row, plan_all, row

SUMMARY_KEYS = [
    "rows",
    "publish",
    "update",
    "delete",
    "none",
    "invalid",
    "blocked",
    "drift",
    "conflict",
    "stale",
    "calls",
]


def spell(call: Call) -> tuple[str, Mapping[str, object]]:
    """A channel's spelling, as short as can be."""
    return f"test.{call.op.value}", {"item_id": call.item_id or ""}


def one_of_each() -> Plan:
    """A row of every action, and a guard."""
    rows = (
        new_row({INVENTORY: 40}, code="NEW"),
        row(
            {PRICE: 1990, INVENTORY: 12, BRAND: CLEAR, STATUS: Status.INACTIVE, CATEGORY: ("丽人", "美发")}, number=3
        ),
        row({STATUS: Status.DELETED}, code="GONE", number=4, item_id="11"),
        row({}, code="SAME", number=5, item_id="12"),
        row({}, code="WRONG", number=6, problems=(Problem("E6", say("price.not_number", shown="x")),)),
        row({PRICE: 1990}, code="LEFT", number=7, item_id="13"),
    )
    shop = {ITEM: held({BRAND: "CND"}), "11": held(code="GONE"), "12": held(code="SAME"), "13": held(code="LEFT")}
    left = known(held({PRICE: 1000}, code="LEFT"), {PRICE: 1000}, item_id="13", code="LEFT")
    memory = {CODE: known(shop[ITEM]), "LEFT": left}
    return plan_all(rows, memory, shop, Options(SHEET, choices=Choices(skip_conflicts=True)))


def as_json(plan: Plan) -> dict[str, object]:
    parsed = json.loads(json.dumps(plan_document(plan, spell, "en"), ensure_ascii=False))
    assert isinstance(parsed, dict)
    return parsed


def rows_of(plan: Plan) -> list[dict[str, object]]:
    rows = as_json(plan)["rows"]
    assert isinstance(rows, list)
    return rows


def test_the_document_has_summary_guards_and_rows() -> None:
    made = as_json(one_of_each())
    assert list(made) == ["format_version", "summary", "guards", "ignored", "rows"]
    assert made["guards"] == ["price"]
    summary = made["summary"]
    assert isinstance(summary, dict)
    assert list(summary) == SUMMARY_KEYS
    assert all(isinstance(count, int) for count in summary.values())


def test_a_row_has_just_the_agreed_keys() -> None:
    for made in rows_of(one_of_each()):
        assert list(made) == ["row", "outer_id", "item_id", "action", "changes", "calls", "problems"]
    actions = [made["action"] for made in rows_of(one_of_each())]
    assert actions == ["publish", "update", "delete", "none", "invalid", "blocked"]


def test_ids_and_prices_are_strings_counts_are_numbers_and_absent_is_null() -> None:
    made = rows_of(one_of_each())[1]
    assert (made["row"], made["outer_id"], made["item_id"]) == (3, CODE, ITEM)
    assert made["changes"] == [
        {"path": PRICE, "from": "128.00", "to": "19.90", "kind": "edit"},
        {"path": INVENTORY, "from": 10, "to": 12, "kind": "edit"},
        {"path": BRAND, "from": "CND", "to": None, "kind": "edit"},
        {"path": STATUS, "from": 1, "to": 0, "kind": "edit"},
        {"path": CATEGORY, "from": ["丽人", "美甲"], "to": ["丽人", "美发"], "kind": "edit"},
    ]


def test_a_new_items_id_is_null_until_it_has_one() -> None:
    made = rows_of(one_of_each())[0]
    assert made["item_id"] is None
    changes = made["changes"]
    assert isinstance(changes, list)
    assert {change["from"] for change in changes} == {None}


def test_calls_are_spelt_as_the_channel_spells_them_in_their_order() -> None:
    assert rows_of(one_of_each())[1]["calls"] == [
        {"method": f"test.{op}", "params": {"item_id": ITEM}} for op in ("status", "modify", "stock")
    ]


def test_a_problem_has_its_cell_its_code_and_the_readers_words() -> None:
    made = rows_of(one_of_each())[4]["problems"]
    message = say("price.not_number", shown="x").words("en")
    assert made == [{"cell": "E6", "code": "price.not_number", "level": "error", "message": message}]


def test_a_value_that_only_the_platform_understands_is_given_as_it_is() -> None:
    plan = plan_all((row({OUTER_ID: CODE, "层数": "6"}),), {CODE: known()}, {ITEM: held({"层数": Opaque("5")})})
    changes = rows_of(plan)[0]["changes"]
    assert changes == [{"path": "层数", "from": 5, "to": "6", "kind": "conflict"}]


def test_the_same_inputs_give_the_same_json_byte_for_byte() -> None:
    first, second = (json.dumps(plan_document(one_of_each(), spell, "zh"), ensure_ascii=False) for _ in range(2))
    assert first.encode() == second.encode()


# --- a run ----------------------------------------------------------------------------------------------------


def record(op: str, outcome: Outcome = Outcome.DONE, error: str | None = None) -> CallRecord:
    return CallRecord(f"test.{op}", {"item_id": ITEM}, outcome, "r-1" if outcome is Outcome.DONE else None, error)


def run_of(*endings: RowResult) -> list[dict[str, object]]:
    plan = one_of_each()
    given = {result.row: result for result in endings}
    results = [
        given.get(one.row.number, RowResult(one.row.number, one.row.outer_id, Result.NONE)) for one in plan.rows
    ]
    made = json.loads(json.dumps(applied_document(plan, 7, results, spell, "en")))
    assert list(made) == ["format_version", "run", "summary", "guards", "ignored", "rows"]
    assert made["run"] == 7
    rows = made["rows"]
    assert isinstance(rows, list)
    return rows


def test_a_run_adds_result_note_and_each_calls_outcome() -> None:
    note = (Problem("E3", say("drift.overridden", field="x", before=1, now=2, file="f", at="t"), Level.NOTE),)
    calls = (record("status"), record("modify"), record("stock"))
    made = run_of(RowResult(3, CODE, Result.DONE, note, ITEM, calls=calls))[1]
    assert list(made) == ["row", "outer_id", "item_id", "action", "changes", "calls", "problems", "result", "note"]
    assert (made["result"], made["note"]) == ("done", note[0].told().words("en"))
    assert made["calls"] == [
        {"method": f"test.{op}", "params": {"item_id": ITEM}, "outcome": "done", "request_id": "r-1", "error": None}
        for op in ("status", "modify", "stock")
    ]


def test_a_run_tells_which_calls_of_a_failed_row_were_not_sent() -> None:
    calls = (record("status"), record("modify", Outcome.FAILED, "15:isv.title"))
    made = run_of(RowResult(3, CODE, Result.FAILED, calls=calls))[1]["calls"]
    assert isinstance(made, list)
    assert [(call["method"], call["outcome"], call["error"]) for call in made] == [
        ("test.status", "done", None),
        ("test.modify", "failed", "15:isv.title"),
        ("test.stock", "not sent", None),
    ]


def test_a_row_that_was_never_reached_lists_all_its_calls_as_not_sent() -> None:
    made = run_of(RowResult(3, CODE, Result.SKIPPED))[1]["calls"]
    assert isinstance(made, list)
    assert [call["outcome"] for call in made] == ["not sent"] * 3


def test_the_id_that_publishing_gave_is_the_rows() -> None:
    published = run_of(RowResult(2, "NEW", Result.DONE, item_id="99"))[0]
    assert published["item_id"] == "99"


def test_a_remembered_row_has_its_ending_and_its_calls() -> None:
    made = result_document(RowResult(3, CODE, Result.DONE, (), ITEM, calls=(record("modify"),)), "zh")
    assert list(made) == ["row", "outer_id", "item_id", "result", "note", "calls"]
    assert (made["item_id"], made["result"], made["note"]) == (ITEM, "done", "")


def test_titles_are_kept_as_typed() -> None:
    plan = plan_all((row({TITLE: "<b>“新”\n款</b>"}),), {CODE: known()}, {ITEM: held()})
    changes = rows_of(plan)[0]["changes"]
    assert isinstance(changes, list)
    assert changes[0]["to"] == "<b>“新”\n款</b>"

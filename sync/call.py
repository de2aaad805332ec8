"""The nouns of carrying out: an API call in the program's own words, and how a call and a row can end.

A `Call` says what is wanted of one item; a channel (`gateway/channel.py`) spells it as the platform's method.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from sync.codes import sku_key
from sync.item import Item, Path, Status
from sync.messages import LANGUAGES, Language, Message, Problem, say
from sync.packed import Numbered, Packed
from sync.sku import MOST_SKUS, is_sku, listing_of

_BILINGUAL = '{"zh": '
"""How an error begins that the journal keeps in both languages."""


class Op(StrEnum):
    """What a call does."""

    GENERATE = "generate"
    PUBLISH = "publish"
    MODIFY = "modify"
    STATUS = "status"
    STOCK = "stock"
    LOOK = "look"

    def words(self, language: Language) -> str:
        """Say it as staff do: 改信息, 上架…"""
        return say(f"op.{self.value}").words(language)


@dataclass(frozen=True, slots=True)
class Call:
    """One API call for one item. Only the fields that belong to its `op` are filled."""

    op: Op
    item_id: str | None = None
    """None: the id that this row's `GENERATE` will give."""
    values: Item = field(default_factory=dict)
    """PUBLISH: the whole item. MODIFY: the changed paths only."""
    remove: tuple[Path, ...] = ()
    """MODIFY: the paths to delete."""
    status: Status | None = None
    by: int = 0
    """STOCK: units to add, or to take if negative; never 0."""
    count: int | None = None
    """STOCK set by 库存: the count that should stand afterwards. None: moved by 库存增减, and so never repeated.
    STATUS, going up where that states the stock: the units that there are."""
    sku_properties: str = ""
    """MODIFY of an SKU's price: how the platform names the SKU (`fields.SKU_PROPERTIES`)."""

    @property
    def is_count(self) -> bool:
        """Whether it says how many units should stand."""
        return self.op is Op.STOCK and self.count is not None

    @property
    def is_move(self) -> bool:
        """Whether it moves units, from wherever they stand: a second one couldn't be told from the first."""
        return self.op is Op.STOCK and self.count is None

    @property
    def writes(self) -> bool:
        """Whether the call can change what the platform holds."""
        return self.op is not Op.LOOK


class SentTogether:
    """Tells which calls the platform gets: one changes the stock of many SKUs of a listing."""

    def __init__(self) -> None:
        self._together: Counter[tuple[str, bool]] = Counter()

    def leaves(self, call: Call) -> bool:
        """Whether the next call of a plan is one that the platform gets, and no part of an earlier one."""
        if call.op is not Op.STOCK or not call.item_id or not is_sku(call.item_id):
            return True
        lane = (listing_of(call.item_id), call.is_move)
        self._together[lane] += 1
        return self._together[lane] % MOST_SKUS == 1


class Outcome(StrEnum):
    """How a call ended (docs/reference/outcomes.md#of-a-call)."""

    DONE = "done"
    FAILED = "failed"
    """The platform said no."""
    UNKNOWN = "unknown"
    """Sent, no answer that can be trusted."""
    NOT_SENT = "not sent"
    """Surely not executed: it never left, or the platform's front door turned it away."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What came of a call."""

    outcome: Outcome
    item_id: str | None = None
    """GENERATE and PUBLISH: the id that the platform gave."""
    item: Item | None = None
    """LOOK: what the platform holds; None with `DONE`: no such item."""
    skus: Mapping[str, Item] = field(default_factory=dict)
    """LOOK at a listing: its SKUs by their ids (`sync.sku`); empty: it has none."""
    found: tuple[str, ...] = ()
    """Of a search by code: the ids of all items that have it."""
    error: Message | None = None
    """Why it failed or is unknown, for staff: always with what to do next."""
    error_code: str | None = None
    """The platform's own code, such as `15:isv.item-not-exist`."""
    request_id: str | None = None
    fatal: bool = False
    """True: no further call will pass (bad credentials, a long ban, no network): stop the run. Its outcome is
    `NOT_SENT`."""


class Result(StrEnum):
    """How a row ended (docs/reference/outcomes.md#of-a-row); written into 同步结果."""

    DONE = "done"
    FAILED = "failed"
    SKIPPED = "skipped"
    UNKNOWN = "unknown"
    INVALID = "invalid"
    BLOCKED = "blocked"
    NONE = "none"

    def words(self, language: Language) -> str:
        """Say it as the result column does: 完成, 失败…"""
        return say(f"result.{self.value}").words(language)


WEIGHTIEST = (
    Result.UNKNOWN,
    Result.FAILED,
    Result.INVALID,
    Result.BLOCKED,
    Result.SKIPPED,
    Result.DONE,
    Result.NONE,
)
"""Results, the one that counts most first: a row that says something of its listing, too, has two."""


@dataclass(frozen=True, slots=True)
class CallRecord:
    """A call as it was carried out, for reports: spelt as the platform's method, with its outcome."""

    method: str
    params: Mapping[str, object]
    outcome: Outcome
    request_id: str | None = None
    error: str | None = None
    """As the journal keeps it: `bilingual`, or English alone where an earlier version wrote it."""
    writes: bool = True
    """Whether it could change something; a look can't."""

    def told(self, language: Language) -> str | None:
        """Return the platform's error, or why there is no answer."""
        if self.error is None or not self.error.startswith(_BILINGUAL):
            return self.error
        return str(json.loads(self.error)[language])


def bilingual(code: str | None, message: Message) -> str:
    """Write an error down in both languages: nobody knows yet who will read it."""
    return json.dumps({language: f"{code or ''} {message.words(language)}".strip() for language in LANGUAGES})


@dataclass(frozen=True, slots=True)
class Count:
    """The units in a 库存 cell before and after its row's 库存增减 was carried out."""

    before: int
    now: int


@dataclass(slots=True)
class RowResult:
    """What became of one row: for the sheet, the report and the JSON.

    Nobody changes one. It isn't frozen, for the reason that `item.Row` isn't.
    """

    row: int
    outer_id: str
    result: Result
    note: tuple[Problem, ...] = ()
    """What a person should know and do next, each with its cell."""
    item_id: str | None = None
    """To be filled into 商品ID; None: leave that cell as it is."""
    change_applied: int | None = None
    """Units of the 库存增减 that was carried out, so that its cell must be cleared; None: none was."""
    calls: tuple[CallRecord, ...] = ()
    achieved: tuple[Message, ...] = ()
    """What was changed, sentence by sentence."""
    at: datetime | None = None
    """When the row ended; None: the run hasn't come to it. It tells a row's result from every other run's."""
    asked_change: int | None = None
    """Units of the 库存增减 that the row said; None: none, or nobody read its cell, as in an undo."""
    keeps_stamp: bool = False
    """The row's 同步时间 stays what it is: the row is an old one, and what it asks for wasn't carried out."""
    count: Count | None = None
    """What is to stand in 库存, beside the 库存增减 that was carried out; None: leave that cell as it is."""
    sku: str | None = None
    """SKU编码 of a row that is one SKU of the listing `outer_id`."""

    @property
    def key(self) -> str:
        """What its item is called in state, as `item.Row.key`."""
        return self.outer_id if self.sku is None else sku_key(self.outer_id, self.sku)

    @property
    def read_change(self) -> int | None:
        """Units of the 库存增减 that its run knows of in the row; None: of none."""
        return self.asked_change if self.change_applied is None else self.change_applied

    @property
    def story(self) -> tuple[Message, ...]:
        """What stands in 同步说明: what was changed, and then what a person should know."""
        return (*self.achieved, *(problem.told() for problem in self.note))


def by_row(results: Sequence[RowResult]) -> Mapping[int, RowResult]:
    """Return results, which are in the sheet's order, by their rows; packed ones stay packed."""
    if isinstance(results, Packed):
        return Numbered((result.row for result in results), results)
    return {result.row: result for result in results}

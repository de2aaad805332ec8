"""The platform's rules for open items, as seed 002 tells them, over SQLite.

Each rule names the seed's section it comes from, and has a test of the same name. What the seed leaves open stands
in `assumptions.py`.
"""

from __future__ import annotations

import json
import sqlite3
import weakref
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import RLock

from sync.fields import category_table
from sync.item import Status
from sync.sandbox import document as doc
from sync.sandbox.assumptions import Assumptions, turned
from sync.sandbox.document import Document, Refused
from sync.sandbox.listings import SCHEMA as LISTINGS
from sync.sandbox.listings import Listings
from sync.sandbox.replica import SCHEMA as PAST
from sync.sandbox.replica import Replica

__all__ = ["OpenItemShop", "Refused", "utc_now"]

DUPLICATE_WINDOW = timedelta(minutes=5)
"""Section 1.3: 短时间(几分钟内)."""
FIRST_ID = 7_627_361_700_001
"""13 digits, as the seed's own example of an id has."""
KEPT = (*doc.REQUIRED, "inventory")
"""Keys that can't be deleted: without them a published item would be none."""
NO_SUCH_ITEM = "商品不存在"
USER_ID = 20_000_001
APP_KEY = "10000001"

SCHEMA = """
PRAGMA journal_mode = WAL;
-- A sandbox's data outlives a killed process, not a power cut: it is no place to wait for the disk.
PRAGMA synchronous = OFF;
-- Every id ever given, whether or not an item was made of it.
CREATE TABLE IF NOT EXISTS ids (item_id INTEGER PRIMARY KEY);
-- Deleted items stay, so that their ids are never used again. The code is the one at publish, in epoch seconds;
-- both are null for an item that was loaded, which nobody published.
CREATE TABLE IF NOT EXISTS items (
    item_id INTEGER PRIMARY KEY,
    status INTEGER NOT NULL,
    document TEXT NOT NULL,
    published_code TEXT,
    published_at REAL
);
CREATE INDEX IF NOT EXISTS items_by_code ON items (published_code);
"""


def utc_now() -> datetime:
    """The clock that sandboxes go by unless a test winds its own."""
    return datetime.now(UTC)


class OpenItemShop:
    """All items of one seller, and the seven open-item methods on them; usable from several threads.

    Every method raises `Refused` where the platform would answer `"success": false`; an item that never was, or was
    deleted, is 商品不存在 to all of them.
    """

    def __init__(
        self,
        data: Path | None = None,
        assumptions: Assumptions | None = None,
        clock: Callable[[], datetime] = utc_now,
        extra_categories: Collection[tuple[str, str]] = (),
    ) -> None:
        """Open the shop kept in the file `data`, made if missing; None: in memory, gone with the object.

        Raises sqlite3.DatabaseError for a file that is something else, or can't be opened.
        `extra_categories` are allowed beside the seed's table, in which the seed's own example 服装/女装 is missing.
        """
        self._assumptions = assumptions or Assumptions()
        self.turned: Mapping[str, float] = {}
        """Assumptions that stand otherwise than this shop's own, by name, for as long as `Faults` say so."""
        self._clock = clock
        self._categories = frozenset((*category_table(), *extra_categories))
        self._lock = RLock()
        self._db = sqlite3.connect(data or ":memory:", isolation_level=None, check_same_thread=False)
        self.close = weakref.finalize(self, self._db.close)
        self._db.executescript(SCHEMA + LISTINGS + PAST)

    @property
    def assumptions(self) -> Assumptions:
        """How this platform behaves where its documents leave it open."""
        return turned(self._assumptions, self.turned)

    @property
    def listings(self) -> Listings:
        """The seller's ordinary listings, beside the open items."""
        return Listings(self._db, self._writing, self._clock, self.assumptions)

    @property
    def listings_told(self) -> Listings:
        """The listings as readings tell them, `lag` seconds late; for reading only."""
        return replace(self.listings, late=True)

    def generate_id(self) -> int:
        """Section 1.1: give an id that no item has, for a publish to come."""
        with self._writing():
            (last,) = self._db.execute("SELECT max(item_id) FROM ids").fetchone()
            given = max(last or 0, FIRST_ID - 1) + 1
            self._db.execute("INSERT INTO ids VALUES (?)", (given,))
            return int(given)

    def publish(self, item_json: str) -> int:
        """Section 1.2: make an item, and return its id; for a duplicate, the id of the item that there is."""
        sent = doc.read(item_json)
        document = self._writable(sent, may_have_id=True)
        self._check_publishable(document)
        document = doc.kept(document, self.assumptions)
        code = doc.system(document).get("outerId") or None
        with self._writing():
            given_id = self._own_id(doc.system(sent).get("itemId"))
            twin = self._published_before(given_id, code)
            if twin is not None:
                return twin
            item_id = given_id if given_id is not None else self.generate_id()
            self._replica.remember_item(item_id)
            self._db.execute(
                "INSERT INTO items VALUES (?, ?, ?, ?, ?)",
                (item_id, Status.ACTIVE, doc.write(_fresh(document, item_id)), code, self._clock().timestamp()),
            )
            return item_id

    def modify(self, item_id: int, item_json: str, delete_paths: str = "") -> None:
        """Section 4: change the keys that `item_json` holds, then remove what `delete_paths` names; no other."""
        edit = self._writable(doc.read(item_json))
        removals = self._removals(delete_paths)
        doc.check(edit)
        edit = doc.kept(edit, self.assumptions)
        with self._writing():
            before = self._found(item_id)
            category = doc.system(edit).get("category")
            # An item keeps a category that the table has lost: only a new one is looked up.
            if category is not None and category != doc.system(before).get("category"):
                doc.check_category(category, self._categories)
            if not self.assumptions.modify_sets_inventory:
                doc.system(edit).pop("inventory", None)
            elif doc.units(edit) < 0:
                raise Refused("库存不能小于0")
            after = doc.edited(before, edit, self.assumptions.nested_replaced)
            for path in removals:
                after = doc.without(after, path)
            self._keep(item_id, before, _off_at_zero(before, after))

    def set_status(self, item_id: int, status: int) -> None:
        """Section 3: 1 active, 0 inactive, -1 deleted, which is for ever."""
        if status not in tuple(Status):
            raise Refused("商品状态只能为1、0、-1")
        with self._writing():
            before = self._found(item_id)
            self._keep(item_id, before, _with(before, status=status))

    def incr(self, item_id: int, num: int) -> None:
        """Section 2.2: add `num` units. Relative, so not idempotent."""
        _check_num(num)
        with self._writing():
            before = self._found(item_id)
            stock = doc.units(before) + num
            if stock > doc.HIGHEST_INT:
                raise Refused("库存超出上限")
            after = _with(before, inventory=stock)
            if self.assumptions.incr_turns_on and doc.units(before) == 0:
                after = _with(after, status=int(Status.ACTIVE))
            self._keep(item_id, before, after)

    def decr(self, item_id: int, num: int) -> None:
        """Section 2.1: take `num` units. 当库存减到0之后,商品状态由有效变为失效."""
        _check_num(num)
        with self._writing():
            before = self._found(item_id)
            left = doc.units(before) - num
            if left < 0 and self.assumptions.decr_below_zero_refused:
                raise Refused("库存不足")
            self._keep(item_id, before, _off_at_zero(before, _with(before, inventory=max(left, 0))))

    def get(self, item_id: int) -> Document:
        """Section 5: return an item's JSON. 失效后的商品,可以根据商品ID查到,删除的商品,不能查到 (section 3.1)."""
        with self._lock:
            return self._found(item_id)

    def read(self, item_id: int) -> Document:
        """As `get`, for a call that asks: `lag` seconds late."""
        with self._lock:
            past = self._replica.item(item_id)
            if past is None:
                return self.get(item_id)
        if past[0] is None:
            raise Refused(NO_SUCH_ITEM)
        told: Document = json.loads(past[0])
        return told

    def sell(self, item_id: int, units: int) -> None:
        """A buyer's order, and the `decr` that the seller's own system makes of it.

        Raises Refused for an inactive item (section 3.1: 只有有效的商品,创建交易订单才能成功) and for more than there
        is (section 2.3: 如果不足够,创建订单会失败).
        """
        with self._writing():
            document = self._found(item_id)
            if doc.system(document).get("status") != Status.ACTIVE:
                raise Refused("商品已失效，创建订单失败")
            if doc.units(document) < units:
                raise Refused("库存不足，创建订单失败")
            self.decr(item_id, units)

    def load(self, documents: Iterable[Mapping[str, object]]) -> None:
        """Put items in as they stand, `itemId` and all, in the place of any of the same id.

        Without a status they are active. They count as having an id from `generate_id`. Raises ValueError for an
        item without an `itemId` that could be one.
        """
        with self._writing():
            for given in documents:
                item_id = doc.system(given).get("itemId")
                if not isinstance(item_id, int) or not 0 < item_id <= doc.HIGHEST_ID:
                    raise ValueError("an item to load needs its itemId")
                fresh: dict[str, object] = {"status": int(Status.ACTIVE), "dataVersion": 1}
                document = {**given, doc.SYSTEM: fresh | doc.system(given)}
                row = (item_id, doc.system(document)["status"], doc.write(document))
                self._db.execute("INSERT OR IGNORE INTO ids VALUES (?)", (item_id,))
                self._db.execute("INSERT OR REPLACE INTO items VALUES (?, ?, ?, NULL, NULL)", row)

    def documents(self) -> list[Document]:
        """Return all items that are not deleted, by id, as the platform keeps them."""
        with self._lock:
            found = self._db.execute(
                "SELECT document FROM items WHERE status <> ? ORDER BY item_id", (Status.DELETED,)
            ).fetchall()
        return [json.loads(text) for (text,) in found]

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """One thread at a time, all or nothing; a call within a call joins the outer one."""
        with self._lock:
            if self._db.in_transaction:
                yield
                return
            self._db.execute("BEGIN IMMEDIATE")
            # The connection itself commits, or rolls back when the call is refused half-way.
            with self._db:
                yield

    def _found(self, item_id: int) -> Document:
        row = self._db.execute(
            "SELECT document FROM items WHERE item_id = ? AND status <> ?", (item_id, Status.DELETED)
        ).fetchone()
        if row is None:
            raise Refused(NO_SUCH_ITEM)
        found: Document = json.loads(row[0])
        return found

    @property
    def _replica(self) -> Replica:
        return Replica(self._db, self._clock, self.assumptions.lag)

    def _keep(self, item_id: int, before: Document, after: Document) -> None:
        """Store a change; dataVersion is 本条记录的版本号 (table of keys), so that each one has its own."""
        if after == before:
            return
        self._replica.remember_item(item_id)
        version = doc.system(before).get("dataVersion")
        kept = _with(after, dataVersion=(version if isinstance(version, int) else 0) + 1)
        self._db.execute(
            "UPDATE items SET status = ?, document = ? WHERE item_id = ?",
            (doc.system(kept)["status"], doc.write(kept), item_id),
        )

    def _writable(self, document: Document, may_have_id: bool = False) -> Document:
        """Table of keys: 只读的字段,客户端写操作不会生效."""
        touched = doc.READ_ONLY & doc.system(document).keys()
        if touched - ({"itemId"} if may_have_id else set()) and not self.assumptions.read_only_ignored:
            raise Refused("不能修改只读字段：" + "、".join(sorted(touched)))
        kept = {key: value for key, value in doc.system(document).items() if key not in touched}
        return document | {doc.SYSTEM: kept}

    def _removals(self, delete_paths: str) -> list[list[str]]:
        """Read `delete_paths`: a read-only key stays, and so must what a publish has to have."""
        removals = doc.paths(delete_paths)
        if any(path == [doc.SYSTEM] or path[:2] == [doc.SYSTEM, key] for path in removals for key in KEPT):
            raise Refused("不能删除必填字段")
        allowed = [path for path in removals if path[0] != doc.SYSTEM or path[1] not in doc.READ_ONLY]
        if allowed != removals and not self.assumptions.read_only_ignored:
            raise Refused("不能删除只读字段")
        return allowed

    def _check_publishable(self, document: Document) -> None:
        """Section 1.3: 目前调用publish时必须传入的key有:category,title. 其他key选填."""
        doc.check(document)
        for key in doc.REQUIRED:
            if key not in doc.system(document):
                raise Refused(f"缺少必填字段：{key}")
        doc.check_category(doc.system(document)["category"], self._categories)

    def _own_id(self, item_id: object) -> int | None:
        """Section 1.3: itemId只能是调用generateId()方法生成的,任意值传入不生效."""
        if item_id is None:
            return None
        if isinstance(item_id, int) and 0 < item_id <= doc.HIGHEST_ID:
            ours = self._db.execute("SELECT 1 FROM ids WHERE item_id = ?", (item_id,)).fetchone()
            if ours:
                return item_id
        if self.assumptions.foreign_id_refused:
            raise Refused("商品ID校验不通过，必须通过taobao.open.item.id.generate接口生成")
        return None

    def _published_before(self, item_id: int | None, code: object) -> int | None:
        """Section 1.3: 先根据itemId判断,如果没有itemId,根据outerId判断,如果没有outerId,不进行判重."""
        since = (self._clock() - DUPLICATE_WINDOW).timestamp()
        if item_id is None:
            twin = self._db.execute(
                "SELECT item_id FROM items WHERE published_code = ? AND published_at >= ? AND status <> ?",
                (code, since, Status.DELETED),
            ).fetchone()
            return None if twin is None else int(twin[0])
        same = self._db.execute("SELECT status, published_at FROM items WHERE item_id = ?", (item_id,)).fetchone()
        if same is None:
            return None
        status, published_at = same
        recent = published_at is not None and published_at >= since
        # Deleted is for ever: not even its own publish brings an item back.
        if status == Status.DELETED or (not recent and self.assumptions.used_id_refused):
            raise Refused("商品ID已被使用")
        return item_id


def _fresh(document: Document, item_id: int) -> Document:
    """What the platform fills in at publish (section 1.3: 默认状态为有效。库存默认值为1).

    Table of keys: 发布时如果值小于1,会默认替换为1; 发布时系统自动设置为1.
    """
    return _with(
        document,
        userId=USER_ID,
        appKey=APP_KEY,
        itemId=item_id,
        inventory=max(doc.units(document), 1),
        status=int(Status.ACTIVE),
        dataVersion=1,
    )


def _with(document: Document, **keys: object) -> Document:
    return document | {doc.SYSTEM: doc.system(document) | keys}


def _off_at_zero(before: Document, after: Document) -> Document:
    """Section 2.3: 当库存减到0之后,商品状态由有效变为失效. An item that had none before stays as it was."""
    if doc.units(after) == 0 and doc.units(before) > 0:
        return _with(after, status=int(Status.INACTIVE))
    return after


def _check_num(num: int) -> None:
    if not 0 < num <= doc.HIGHEST_INT:
        raise Refused("库存数量必须为正整数")

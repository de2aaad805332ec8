"""The platform's rules for open items, as docs/explanation/platform.md#open-items gives them.

Each rule names the section of 《服务商品发布》 that it comes from, and has a test of the same name. What that page
leaves open stands in `assumptions.py`; what concerns a document alone, in `document.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sync.fields import category_table
from sync.item import Status
from sync.sandbox import document as doc
from sync.sandbox.assumptions import Assumptions, turned
from sync.sandbox.database import Database
from sync.sandbox.document import Document, Refused
from sync.sandbox.item_table import ItemTable
from sync.sandbox.listings import Listings

__all__ = ["OpenItemShop", "Refused", "utc_now"]

DUPLICATE_WINDOW = timedelta(minutes=5)
"""Section 1.3: 短时间(几分钟内)."""
NO_SUCH_ITEM = "商品不存在"
USER_ID = 20_000_001
APP_KEY = "10000001"


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
        seller: int = USER_ID,
    ) -> None:
        """Open the shop kept in the file `data`, made if missing; None: in memory, gone with the object.

        `seller`: the user id that new items get. Raises sqlite3.DatabaseError for a file that is something else, or
        can't be opened.
        """
        self._assumptions = assumptions or Assumptions()
        self.turned: Mapping[str, float] = {}
        """Assumptions that stand otherwise than this shop's own, by name, for as long as `Faults` say so."""
        self._clock = clock
        self._seller = seller
        self._categories = frozenset(category_table())
        self._database = Database(data)
        self.close = self._database.close

    @property
    def assumptions(self) -> Assumptions:
        """How this platform behaves where its documents leave it open."""
        return turned(self._assumptions, self.turned)

    @property
    def listings(self) -> Listings:
        """The seller's ordinary listings, beside the open items."""
        return Listings(self._database, self._clock, self.assumptions)

    @property
    def lagging_listings(self) -> Listings:
        """The listings as they were `lag` seconds ago; for reading only."""
        return replace(self.listings, lagging=True)

    def generate_id(self) -> int:
        """Section 1.1: give an id that no item has, for a publish to come."""
        with self._database.writing():
            return self._items.new_id()

    def publish(self, item_json: str) -> int:
        """Section 1.2: make an item, and return its id; for a duplicate, the id of the item that there is."""
        sent = doc.read(item_json)
        document = doc.writable(sent, self.assumptions, own=["itemId"])
        doc.check_publishable(document, self._categories)
        document = doc.kept(document, self.assumptions)
        code = doc.system(document).get("outerId") or None
        with self._database.writing():
            given_id = self._own_id(doc.system(sent).get("itemId"))
            twin = self._published_before(given_id, code)
            if twin is not None:
                return twin
            item_id = given_id if given_id is not None else self.generate_id()
            self._items.publish(item_id, _fresh(document, item_id, self._seller), code)
            return item_id

    def modify(self, item_id: int, item_json: str, delete_paths: str = "") -> None:
        """Section 4: change the keys that `item_json` holds, then remove what `delete_paths` names; no other."""
        edit = doc.writable(doc.read(item_json), self.assumptions)
        removals = doc.removals(delete_paths, self.assumptions)
        doc.check(edit)
        edit = doc.kept(edit, self.assumptions)

        def edited(document: Document) -> Document:
            category = doc.system(edit).get("category")
            # An item keeps a category that the table has lost: only a new one is looked up.
            if category is not None and category != doc.system(document).get("category"):
                doc.check_category(category, self._categories)
            if not self.assumptions.modify_sets_inventory:
                doc.system(edit).pop("inventory", None)
            elif doc.units(edit) < 0:
                raise Refused("库存不能小于0")
            after = doc.edited(document, edit, self.assumptions.nested_replaced)
            for path in removals:
                after = doc.without(after, path)
            return doc.off_at_zero(document, after)

        self._change(item_id, edited)

    def set_status(self, item_id: int, status: int) -> None:
        """Section 3: 1 active, 0 inactive, -1 deleted, which is for ever."""
        if status not in tuple(Status):
            raise Refused("商品状态只能为1、0、-1")
        self._change(item_id, lambda document: doc.with_keys(document, status=status))

    def incr(self, item_id: int, num: int) -> None:
        """Section 2.2: add `num` units. Relative, so not idempotent."""
        _check_num(num)

        def raised(document: Document) -> Document:
            stock = doc.units(document) + num
            if stock > doc.HIGHEST_INT:
                raise Refused("库存超出上限")
            turned_on = self.assumptions.incr_turns_on and doc.units(document) == 0
            status = {"status": int(Status.ACTIVE)} if turned_on else {}
            return doc.with_keys(document, inventory=stock, **status)

        self._change(item_id, raised)

    def decr(self, item_id: int, num: int) -> None:
        """Section 2.1: take `num` units. 当库存减到0之后,商品状态由有效变为失效."""
        _check_num(num)

        def lowered(document: Document) -> Document:
            left = doc.units(document) - num
            if left < 0 and self.assumptions.decr_below_zero_refused:
                raise Refused("库存不足")
            return doc.off_at_zero(document, doc.with_keys(document, inventory=max(left, 0)))

        self._change(item_id, lowered)

    def get(self, item_id: int) -> Document:
        """Section 5: return an item's JSON. 失效后的商品,可以根据商品ID查到,删除的商品,不能查到 (section 3.1)."""
        return self._found(item_id)

    def read(self, item_id: int) -> Document:
        """As `get`, for a call that asks: `lag` seconds late."""
        return _existing(self._items.get_late(item_id))

    def sell(self, item_id: int, units: int) -> None:
        """A buyer's order, and the `decr` that the seller's own system makes of it.

        Raises Refused for an inactive item (section 3.1: 只有有效的商品,创建交易订单才能成功) and for more than there
        is (section 2.3: 如果不足够,创建订单会失败).
        """
        with self._database.writing():
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
        with self._database.writing():
            for given in documents:
                item_id = doc.system(given).get("itemId")
                if not isinstance(item_id, int) or not 0 < item_id <= doc.HIGHEST_ID:
                    raise ValueError("an item to load needs its itemId")
                fresh: dict[str, object] = {"status": int(Status.ACTIVE), "dataVersion": 1}
                document = {**given, doc.SYSTEM: fresh | doc.system(given)}
                self._items.load(item_id, document)

    def documents(self) -> list[Document]:
        """Return all items that are not deleted, by id, as the platform keeps them."""
        return self._items.all()

    @property
    def _items(self) -> ItemTable:
        return ItemTable(self._database, self._clock, self.assumptions.lag)

    def _found(self, item_id: int) -> Document:
        return _existing(self._items.get(item_id))

    def _change(self, item_id: int, edit: Callable[[Document], Document]) -> None:
        """Change an item; dataVersion is 本条记录的版本号 (table of keys), so that each change has its own."""
        with self._database.writing():
            before = self._found(item_id)
            after = edit(before)
            if after != before:
                version = doc.system(before).get("dataVersion")
                version = version if isinstance(version, int) else 0
                self._items.update(item_id, doc.with_keys(after, dataVersion=version + 1))

    def _own_id(self, item_id: object) -> int | None:
        """Section 1.3: itemId只能是调用generateId()方法生成的,任意值传入不生效."""
        if item_id is None:
            return None
        if isinstance(item_id, int) and 0 < item_id <= doc.HIGHEST_ID and self._items.has_id(item_id):
            return item_id
        if self.assumptions.foreign_id_refused:
            raise Refused("商品ID校验不通过，必须通过taobao.open.item.id.generate接口生成")
        return None

    def _published_before(self, item_id: int | None, code: object) -> int | None:
        """Section 1.3: 先根据itemId判断,如果没有itemId,根据outerId判断,如果没有outerId,不进行判重."""
        if item_id is None:
            return self._items.with_code(code, DUPLICATE_WINDOW)
        same = self._items.published(item_id, DUPLICATE_WINDOW)
        if same is None:
            return None
        status, recent = same
        # Deleted is for ever: not even its own publish brings an item back.
        if status == Status.DELETED or (not recent and self.assumptions.used_id_refused):
            raise Refused("商品ID已被使用")
        return item_id


def _existing(document: Document | None) -> Document:
    if document is None:
        raise Refused(NO_SUCH_ITEM)
    return document


def _fresh(document: Document, item_id: int, seller: int) -> Document:
    """What the platform fills in at publish (section 1.3: 默认状态为有效。库存默认值为1).

    Table of keys: 发布时如果值小于1,会默认替换为1; 发布时系统自动设置为1.
    """
    return doc.with_keys(
        document,
        userId=seller,
        appKey=APP_KEY,
        itemId=item_id,
        inventory=max(doc.units(document), 1),
        status=int(Status.ACTIVE),
        dataVersion=1,
    )


def _check_num(num: int) -> None:
    if not 0 < num <= doc.HIGHEST_INT:
        raise Refused("库存数量必须为正整数")

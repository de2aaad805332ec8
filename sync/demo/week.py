"""Week 47 in the sample shop: what happened on the platform, and the sheets before and after.

Last week's sheet says what the shop holds, so that syncing it changes nothing and is remembered. This week's is
that sheet without the rows of a colleague on leave, with the edits of `EDITS` and the new rows of `NEW_ROWS`, each
with its reason in the staff's own 备注, so that the demo explains itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from sync import fields
from sync.demo.shop import BRAND, PEOPLE, Goods, Shelf, stocked
from sync.item import Path, Status, Value, fen

CODE = fields.of_path(fields.OUTER_ID).zh
ITEM_ID = fields.of_path(fields.ITEM_ID).zh
TITLE = fields.of_path(fields.TITLE).zh
CATEGORY_1 = fields.of_column(fields.Column.CATEGORY_1).zh
CATEGORY_2 = fields.of_column(fields.Column.CATEGORY_2).zh
PRICE = fields.of_path(fields.PRICE).zh
STOCK = fields.of_path(fields.INVENTORY).zh
STOCK_CHANGE = fields.of_column(fields.Column.STOCK_CHANGE).zh
STATUS = fields.of_path(fields.STATUS).zh
OF_BRAND = fields.of_path(BRAND).zh
FOR_PEOPLE = fields.of_path(PEOPLE).zh
STORY = "备注"
KEEPER = "负责人"
"""The last two are the staff's own columns, of which the tool knows nothing."""

HEADERS = (
    CODE, ITEM_ID, TITLE, CATEGORY_1, CATEGORY_2, PRICE, STOCK, STOCK_CHANGE, STATUS, OF_BRAND, FOR_PEOPLE,
    STORY, KEEPER,
)  # fmt: skip

Typed = str | int | float
"""What a person typed into a cell, prices in yuan as Excel keeps them; an empty text is an empty cell."""
Line = Mapping[str, Typed]
"""One row of the sheet: each of `HEADERS` → what its cell holds."""

EMPTY = ""
PUT_UP, TAKE_DOWN, DELETE = "上架", "下架", "删除"
CLEAR = fields.CLEAR_WORDS[0]

ON_LEAVE = "小何"
"""Her rows are not in this week's sheet: an item that state knows and the sheet doesn't name is left alone."""


@dataclass(frozen=True)
class Sale:
    """Units sold on the platform: the seller's own system calls `decr` (docs/explanation/platform.md#open-items)."""

    code: str
    units: int


@dataclass(frozen=True)
class HandEdit:
    """A field that somebody changed on the platform by hand, past the sheet."""

    code: str
    path: Path
    value: Value


WEEK_EVENTS: tuple[Sale | HandEdit, ...] = (
    Sale("TP-002", 24),  # all there were: the platform turns it off
    Sale("SG-004", 26),
    Sale("KF-002", 18),
    Sale("TP-001", 5),
    Sale("XC-001", 9),
    HandEdit("JM-001", fields.PRICE, fen("168")),  # the sheet still says 188: drift
    HandEdit("00103", fields.PRICE, fen("158")),  # the sheet will say 178: conflict
)

EDITS: tuple[tuple[str, str, Line], ...] = (
    ("MJ-001", "老板说涨价", {PRICE: 138}),
    ("KF-002", "周年庆活动价，只做这一周，下周一记得改回28", {PRICE: 25}),
    ("TP-003", "对面店在做活动，跟一下", {PRICE: 23.8}),
    ("HG-002", "牛肉涨价，套餐跟着涨", {PRICE: 388}),
    ("SG-001", "草莓大量上市", {PRICE: 49.9}),
    ("00103", "花材涨价，周一起178", {PRICE: 178}),
    ("MF-002", "标题加上送护理", {TITLE: "植物染发 不分长短 送护理一次"}),
    ("YJ-002", "顾客老问有效期，写进标题", {TITLE: "空中瑜伽 10次卡 三个月有效"}),
    # Stock, as a count that should stand …
    ("KF-004", "补货60盒，盘点后一共120", {STOCK: 120}),
    ("HG-001", "周末加桌，备货翻倍", {STOCK: 80}),
    ("TP-005", "师傅周四请假，少接4个", {STOCK: 6}),
    ("CW-004", "美容师只上半周", {STOCK: 8}),
    # … and as a move, which is right whatever was sold meanwhile.
    ("TP-001", "卖得快，再加做8个", {STOCK: EMPTY, STOCK_CHANGE: 8}),
    ("00101", "花市补货20束", {STOCK: EMPTY, STOCK_CHANGE: 20}),
    ("JM-002", "到店预约占了5个名额", {STOCK: EMPTY, STOCK_CHANGE: -5}),
    ("YJ-001", "拨20节给企业团课", {STOCK: EMPTY, STOCK_CHANGE: -20}),
    ("MJ-005", "新到足浴盆，重新开卖", {STOCK: 20, STATUS: PUT_UP}),
    ("MF-004", "快放寒假了，提前上", {STATUS: PUT_UP}),
    ("00105", "郁金香到季，首批30束", {STOCK: 30, STATUS: PUT_UP}),
    ("TP-004", "天冷没人点，先下", {STATUS: TAKE_DOWN}),
    ("CW-002", "洗护师离职，招到人再上", {STATUS: TAKE_DOWN}),
    ("00102", "没有好花源，停一阵", {STATUS: TAKE_DOWN}),
    ("JM-003", "并进嫁接套餐，不单卖了", {STATUS: DELETE}),
    ("MF-003", "换新品牌的精油", {OF_BRAND: "山茶研究所"}),
    ("KF-001", "豆子改用自家烘焙", {OF_BRAND: "云朵烘焙"}),
    ("KF-003", "一个人也能点，不写人数了", {FOR_PEOPLE: CLEAR}),
    ("TP-002", "爆款，周末最好卖", {}),
    ("SG-004", "冷库还有货", {}),
    ("HG-003", "长期活动，别动", {}),
    ("KF-005", "夏天的，明年再上", {}),
    # Two that Excel and a tired merchandiser got wrong.
    ("00104", "按进价27.62加三成算的", {PRICE: 35.906}),
    ("CW-001", "新招一位洗护师，加5个名额", {STOCK: 35, STOCK_CHANGE: 5}),
)
"""Code, why, and the cells that were typed anew."""

IDS_LOST = ("MJ-003", "KF-001", "HG-001")
"""Rows pasted back from an older copy without their 商品ID: state still knows them by their code."""


class NewRow(NamedTuple):
    """A row that staff typed below the others: no id yet, and no item either."""

    code: str
    title: str
    category: tuple[str, str]
    keeper: str
    story: str
    typed: Line
    """The further cells."""


NEW_ROWS: tuple[NewRow, ...] = (
    NewRow("MJ-006", "圣诞限定手绘美甲", ("丽人", "美甲"), "小林", "圣诞款，本周上新",
           {PRICE: 218, STOCK: 20, STATUS: PUT_UP, FOR_PEOPLE: "单人"}),
    NewRow("KF-006", "桂花热拿铁 大杯", ("餐饮美食", "咖啡厅"), "阿杰", "秋冬新品",
           {PRICE: 30, STOCK: 60, STATUS: PUT_UP, OF_BRAND: "云朵烘焙"}),
    NewRow("TP-006", "热烤布朗尼 配香草冰淇淋", ("餐饮美食", "面包/甜品/冷饮店"), "阿杰", "秋冬新品",
           {PRICE: 36, STOCK: 40}),
    NewRow("HG-004", "单人小火锅 工作日午市", ("餐饮美食", "火锅店"), "阿杰", "附近上班族要的",
           {PRICE: 49.9, STOCK: 100, STATUS: PUT_UP, FOR_PEOPLE: "单人"}),
    NewRow("00106", "圣诞松枝花环 直径35厘米", ("商超购物", "花店"), "周姐", "先建好，12月1日再上架",
           {PRICE: 159, STOCK: 15, STATUS: TAKE_DOWN, OF_BRAND: "云上花田"}),
    NewRow("CW-005", "宠物圣诞写真 精修3张", ("生活服务", "宠物服务"), "周姐", "摄影师下周到岗，先占位",
           {PRICE: 199, STOCK: 0, STATUS: PUT_UP}),
    NewRow("YJ-004", "亲子瑜伽 周末班", ("运动健身", "瑜伽馆"), "小林", "周六下午新开的班",
           {PRICE: 128, STOCK: 16, STATUS: PUT_UP, FOR_PEOPLE: "1大1小"}),
    # And two more traps: a category that nobody has heard of, and a bar code that Excel has already ruined.
    NewRow("JM-004", "美甲美睫组合 A款", ("丽人", "美甲美睫"), "小林", "美甲和美睫一起做",
           {PRICE: 298, STOCK: 10, STATUS: PUT_UP}),
    NewRow("6.93E+12", "云朵定制马克杯", ("商超购物", "家装家居"), "周姐", "条码从收银系统导出来的",
           {PRICE: 49, STOCK: 30, STATUS: PUT_UP}),
)  # fmt: skip


def last_week() -> list[Line]:
    """Return last week's sheet: one row for each item that the shop holds, in shelf order."""
    return [_as_held(shelf, goods, item_id) for shelf, goods, item_id in stocked()]


def this_week() -> list[Line]:
    """Return this week's sheet: last week's rows with the edits typed over them, then the new ones."""
    kept = (line for line in last_week() if line[KEEPER] != ON_LEAVE)
    return [*(_edited(line) for line in kept), *(_as_new(row) for row in NEW_ROWS)]


def _as_held(shelf: Shelf, goods: Goods, item_id: str) -> Line:
    category_1, category_2 = shelf.category
    managed = {fields.of_path(name).zh: value for name, value in goods.custom.items()}
    return dict.fromkeys(HEADERS, EMPTY) | {
        CODE: goods.code,
        ITEM_ID: item_id,
        TITLE: goods.title,
        CATEGORY_1: category_1,
        CATEGORY_2: category_2,
        PRICE: float(goods.price),
        STOCK: goods.stock,
        STATUS: (Status.ACTIVE if goods.on_sale else Status.INACTIVE).words("zh"),
        OF_BRAND: _typed(managed.get(OF_BRAND)),
        FOR_PEOPLE: _typed(managed.get(FOR_PEOPLE)),
        KEEPER: shelf.keeper,
    }


def _as_new(row: NewRow) -> Line:
    category_1, category_2 = row.category
    return dict.fromkeys(HEADERS, EMPTY) | {
        CODE: row.code,
        TITLE: row.title,
        CATEGORY_1: category_1,
        CATEGORY_2: category_2,
        STORY: row.story,
        KEEPER: row.keeper,
        **row.typed,
    }


def _typed(value: object) -> Typed:
    return value if isinstance(value, str | int) else EMPTY


def _edited(line: Line) -> Line:
    edits = {code: {STORY: story, **typed} for code, story, typed in EDITS}
    lost = {ITEM_ID: EMPTY} if line[CODE] in IDS_LOST else {}
    return {**line, **edits.get(str(line[CODE]), {}), **lost}

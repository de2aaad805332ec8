"""The sample shop: 云朵生活馆, a small local-life shop, as the platform held it at the end of week 46.

The shelves are a table that reads like the shop. Codes are the staff's own: two letters and a number, but the florist
kept the ones of an older system, with leading zeros, which is what Excel likes to lose.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from sync import fields
from sync.item import Item, Status, Value, fen, opaque
from sync.values import nest

BRAND = "品牌"
PEOPLE = "适用人数"
"""The custom keys that staff manage in the sheet. The shop has others, which the sheet leaves alone."""

FIRST_ITEM_ID = 7_627_361_738_101
"""The example of docs/explanation/platform.md#reserved-keys; the shop's ids go on from there."""
ID_STEP = 137
"""Ids of one shop are not neighbours: the platform gives them out to everyone."""


class Goods(NamedTuple):
    """One item on a shelf."""

    code: str
    title: str
    price: str
    """Yuan."""
    stock: int
    """Units."""
    on_sale: bool = True
    custom: Mapping[str, object] = {}


class Shelf(NamedTuple):
    """The items of one category, and who of the staff looks after them."""

    category: tuple[str, str]
    keeper: str
    goods: tuple[Goods, ...]


SHELVES: tuple[Shelf, ...] = (
    Shelf(("丽人", "美甲"), "小林", (
        Goods("MJ-001", "日式纯色美甲 120色任选", "128.00", 40),
        Goods("MJ-002", "猫眼渐变美甲 含卸甲", "168.00", 25),
        Goods("MJ-003", "法式手绘美甲", "198.00", 18),
        Goods("MJ-004", "新娘款贴钻美甲", "298.00", 8),
        Goods("MJ-005", "足部护理+纯色美甲", "158.00", 0, on_sale=False),
    )),
    Shelf(("丽人", "美睫"), "小林", (
        Goods("JM-001", "自然款单根嫁接睫毛", "188.00", 30),
        Goods("JM-002", "浓密款开花嫁接睫毛", "238.00", 20),
        Goods("JM-003", "睫毛卸除+滋养护理", "58.00", 50),
    )),
    Shelf(("丽人", "美发"), "小林", (
        Goods("MF-001", "总监洗剪吹 不限发长", "88.00", 60),
        Goods("MF-002", "植物染发 不分长短", "328.00", 15, custom={BRAND: "青禾"}),
        Goods("MF-003", "头皮深层护理 60分钟", "168.00", 22, custom={BRAND: "青禾"}),
        Goods("MF-004", "儿童剪发 12岁以下", "38.00", 30, on_sale=False),
    )),
    Shelf(("餐饮美食", "咖啡厅"), "阿杰", (
        Goods("KF-001", "手冲耶加雪菲 单杯", "32.00", 80),
        Goods("KF-002", "燕麦拿铁 大杯", "28.00", 120),
        Goods("KF-003", "下午茶套餐 咖啡2杯+蛋糕2块", "98.00", 35, custom={PEOPLE: "双人"}),
        Goods("KF-004", "挂耳咖啡礼盒 10片装", "79.00", 60, custom={BRAND: "云朵烘焙", "保质期": "12个月"}),
        Goods("KF-005", "冷萃咖啡 500ml瓶装", "36.00", 45, on_sale=False, custom={BRAND: "云朵烘焙"}),
    )),
    Shelf(("餐饮美食", "面包/甜品/冷饮店"), "阿杰", (
        Goods("TP-001", "草莓奶油蛋糕 6寸", "168.00", 12, custom={PEOPLE: "3-4人"}),
        Goods("TP-002", "巴斯克芝士蛋糕 4寸", "68.00", 24, custom={PEOPLE: "1-2人"}),
        Goods("TP-003", "海盐芝士贝果 3只装", "25.80", 50),
        Goods("TP-004", "杨枝甘露 大杯", "22.00", 70),
        Goods("TP-005", "生日蛋糕 8寸 提前一天预订", "228.00", 10, custom={PEOPLE: "6-8人"}),
    )),
    Shelf(("餐饮美食", "火锅店"), "阿杰", (
        Goods("HG-001", "双人毛肚火锅套餐", "198.00", 40, custom={PEOPLE: "双人"}),
        Goods("HG-002", "四人欢聚火锅套餐", "358.00", 20, custom={PEOPLE: "4人"}),
        Goods("HG-003", "火锅代金券 100元", "88.00", 200),
    )),
    Shelf(("商超购物", "花店"), "周姐", (
        Goods("00101", "红玫瑰花束 11枝", "129.00", 30, custom={BRAND: "云上花田"}),
        Goods("00102", "向日葵花束 6枝", "89.00", 20, custom={BRAND: "云上花田"}),
        Goods("00103", "每周一花 包月4束", "168.00", 50, custom={BRAND: "云上花田", "配送": "每周三送花上门"}),
        Goods("00104", "多肉小盆栽 三盆装", "39.90", 60),
        Goods("00105", "郁金香花束 10枝", "119.00", 0, on_sale=False, custom={BRAND: "云上花田"}),
    )),
    Shelf(("商超购物", "蔬果水果店"), "周姐", (
        Goods("SG-001", "奶油草莓 2斤装", "59.90", 40),
        Goods("SG-002", "麒麟西瓜 1个约8斤", "45.00", 15, on_sale=False),
        Goods("SG-003", "应季果切拼盘 800克", "35.80", 30),
        Goods("SG-004", "赣南脐橙 5斤装", "39.80", 80, custom={"产地": "江西赣州"}),
    )),
    Shelf(("生活服务", "宠物服务"), "周姐", (
        Goods("CW-001", "小型犬洗澡 5公斤以内", "68.00", 30),
        Goods("CW-002", "猫咪洗护套餐", "108.00", 20),
        Goods("CW-003", "宠物寄养 按天", "88.00", 10),
        Goods("CW-004", "狗狗美容造型", "168.00", 12),
    )),
    Shelf(("运动健身", "瑜伽馆"), "小林", (
        Goods("YJ-001", "瑜伽单次体验课", "49.00", 100, custom={PEOPLE: "单人"}),
        Goods("YJ-002", "空中瑜伽 10次卡", "680.00", 25, custom={PEOPLE: "单人"}),
        Goods("YJ-003", "孕妇瑜伽 私教1节", "260.00", 8, custom={PEOPLE: "单人"}),
    )),
    Shelf(("休闲娱乐", "密室"), "小何", (
        Goods("MS-001", "《云中古堡》机械密室", "128.00", 36, custom={PEOPLE: 6}),
        Goods("MS-002", "《午夜列车》沉浸密室", "158.00", 36, custom={PEOPLE: 8}),
        Goods("MS-003", "亲子解谜 周末场", "98.00", 20, custom={PEOPLE: 3}),
        Goods("MS-004", "包场团建 2小时", "1280.00", 4),
    )),
    Shelf(("酒店住宿", "精品酒店"), "小何", (
        Goods("JD-001", "湖景大床房 含双早", "568.00", 6, custom={PEOPLE: "双人", "入住": {"最早": "14:00"}}),
        Goods("JD-002", "亲子家庭房 含早餐", "688.00", 4, custom={PEOPLE: "2大1小"}),
        Goods("JD-003", "钟点房 4小时", "168.00", 10),
    )),
    Shelf(("酒店住宿", "客栈旅舍"), "小何", (
        Goods("KZ-001", "山居小院 整院出租", "1580.00", 1, custom={PEOPLE: "8-10人"}),
        Goods("KZ-002", "青瓦阁楼双床房", "268.00", 5, custom={PEOPLE: "双人"}),
    )),
    Shelf(("景点门票", "植物园"), "小何", (
        Goods("MP-001", "植物园成人票", "30.00", 500),
        Goods("MP-002", "植物园亲子票 1大1小", "45.00", 300),
        Goods("MP-003", "赏枫季夜游票", "68.00", 0, on_sale=False),
    )),
    Shelf(("汽车服务", "洗车场"), "小何", (
        Goods("XC-001", "标准洗车 五座轿车", "35.00", 90),
        Goods("XC-002", "精洗+内饰吸尘", "88.00", 40),
        Goods("XC-003", "洗车10次卡", "299.00", 50),
        Goods("XC-004", "镀晶护理 含漆面处理", "980.00", 6, on_sale=False),
    )),
    Shelf(("婚庆", "婚纱摄影"), "小何", (
        Goods("HS-001", "室内婚纱照 3套造型", "3999.00", 5),
        Goods("HS-002", "旅拍婚纱照 洱海站", "6999.00", 3),
        Goods("HS-003", "领证纪念照 精修5张", "399.00", 15),
    )),
)  # fmt: skip


def stocked() -> Iterator[tuple[Shelf, Goods, str]]:
    """Give every item of the shop in shelf order: its shelf, itself, and its item id."""
    everything = ((shelf, goods) for shelf in SHELVES for goods in shelf.goods)
    for position, (shelf, goods) in enumerate(everything):
        yield shelf, goods, str(FIRST_ITEM_ID + position * ID_STEP)


def shop_documents() -> list[dict[str, object]]:
    """Return what the platform holds before the demo: raw documents (docs/explanation/platform.md#reserved-keys)."""
    return [nest(_item(shelf, goods, item_id)) for shelf, goods, item_id in stocked()]


def _item(shelf: Shelf, goods: Goods, item_id: str) -> Item:
    custom: dict[str, Value] = {
        name: value if isinstance(value, str) else opaque(value) for name, value in goods.custom.items()
    }
    return {
        fields.CATEGORY: shelf.category,
        fields.TITLE: goods.title,
        fields.PRICE: fen(goods.price),
        fields.INVENTORY: goods.stock,
        fields.OUTER_ID: goods.code,
        fields.ITEM_ID: item_id,
        fields.STATUS: Status.ACTIVE if goods.on_sale else Status.INACTIVE,
        "_sys@endpoint": "default",
        "_sys@schemaVersion": 1,
        "_sys@dataVersion": 1,
        **custom,
    }

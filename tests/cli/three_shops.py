"""Three sheets as three shops make them, none of whom has heard of this tool: whoever looks after them knows what
every row asks for.

Run as a script with a folder's name, it writes them there, to be looked at.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from xlsxwriter import Workbook  # type: ignore[import-untyped]

Lines = Sequence[Sequence[object]]

FIRST_ID = 8_800_000_000_000
"""The platform's ids of these shops' items go on from here."""

NAILS: Lines = (
    ("显白裸粉猫眼美甲", "手部", "MJ-01", 128, 99, 30, "上架", "主推"),
    ("法式渐变美甲", "手部", "MJ-02", 98, 88, 20, "上架", ""),
    ("日式手绘款", "手部", "MJ-03", 168, "", 12, "上架", "只约周末"),
    ("新娘定制美甲", "手部", "MJ-04", 299, 269, 5, "下架", "等样图"),
    ("足部基础护理", "足部", "ZB-01", 88, "", 25, "上架", ""),
    ("足部精油SPA", "足部", "ZB-02", 158.5, 128, 15, "上架", ""),
    ("卸甲+基础修护", "其他", "QT-01", 39.9, "", 99, "上架", "老客免单"),
)
"""宝贝名称, 分类, 货号, 售价, 活动价, 数量, 上下架, 备注."""


def nail_studio(path: Path) -> Path:
    """A studio's price list, made in WPS: a title above it, its own headers, pictures in cells, a count below."""
    headers = ("序号", "图片", "宝贝名称", "分类", "货号", "售价", "活动价", "数量", "上下架", "备注", "宝贝ID")
    with Workbook(path) as book:
        style = Styles(book, "微软雅黑")
        page = book.add_worksheet("价格表")
        page.merge_range("A1:K1", "小鹿美甲 · 商品价格表（2026年11月）", style.title)
        page.set_row(0, 32)
        page.write_row("A2", headers, style.head)
        page.freeze_panes(2, 3)
        page.set_column("C:C", 24)
        page.set_column("K:K", 16)
        page.autofilter(1, 0, 1 + len(NAILS), len(headers) - 1)
        for number, (title, kind, code, price, offer, stock, status, remark) in enumerate(NAILS, 1):
            row = number + 1
            page.set_row(row, 40)
            page.write(row, 0, number, style.cell)
            # What WPS writes for a picture that it put into a cell.
            picture = f'DISPIMG("ID_{number:032X}",1)'
            page.write_formula(row, 1, f"=_xlfn.{picture}", style.cell, f"={picture}")
            page.write_row(row, 2, (title, kind, code), style.cell)
            page.write_row(row, 5, (price, offer), style.yuan)
            page.write_row(row, 7, (stock, status, remark), style.off if status == "下架" else style.cell)
            page.write(row, 10, FIRST_ID + number, style.digits)
        last = len(NAILS) + 2
        page.merge_range(last, 0, last, 6, f"合计：共{len(NAILS)}款", style.head)
        page.write_formula(last, 7, f"=SUM(H3:H{last})", style.head, sum(int(str(line[5])) for line in NAILS))
        page.write(last + 2, 0, "制表：阿珍   红色的是下架款，改价请先问店长")
        other = book.add_worksheet("会员储值")
        other.write_row("A1", ("充值", "赠送"))
        other.write_row("A2", (500, 50))
    return path


STOCKED: Lines = (
    ("00105", "红玫瑰花束 19枝", "鲜花", "168.00", 1204, "6901234567892"),
    ("00106", "向日葵花束（母亲节）", "鲜花", "128.00", 35, "6901234567908"),
    ("00107", "永生花礼盒 €进口", "礼盒", "399.00", 8, "6901234567915"),
    ("01200", "多肉拼盘, 6寸盆", "绿植", "59.90", 60, "6901234567922"),
    ("01201", '绿萝 "大叶" 1米', "绿植", "45.00", 0, "6901234567939"),
)
"""商品编码, 商品名称, 分类, 售价, 库存数量, 条码: the codes are numbers for Excel alone."""


def erp_export(path: Path) -> Path:
    """An ERP's export: GBK, ids as `="…"`, thousands with a comma, a tab behind long numbers, a count below."""
    lines = ["货号,商品名称,分类,销售价格,库存数量,条形码,数字ID,最后修改时间"]
    for number, (code, title, kind, price, stock, barcode) in enumerate(STOCKED, 1):
        quoted = '"' + str(title).replace('"', '""') + '"'
        count = f'"{stock:,}"' if int(str(stock)) >= 1000 else stock
        lines.append(
            f'="{code}",{quoted},{kind},{price},{count},{barcode}\t,="{FIRST_ID + 100 + number}",2026-11-20 18:03:11'
        )
    lines.append(f"合计,共{len(STOCKED)}条,,,{sum(int(str(line[4])) for line in STOCKED)},,,")
    # The euro sign of Windows' GBK is one byte, 0x80, which the standard doesn't have.
    data = "\r\n".join([*lines, ""]).replace("€", "\0").encode("gbk").replace(b"\0", b"\x80")
    path.write_bytes(data)
    return path


BLOCKS, BLOCK = 20, 100
"""Categories of the wholesale list, and the items of each."""
WHOLESALE = BLOCKS * BLOCK


def wholesale_code(block: int, number: int) -> str:
    """The code of an item: `PF0312`, the 13th of the fourth block."""
    return f"PF{block:02}{number:02}"


def wholesale_price(block: int, number: int) -> float:
    """Yuan: what the list's formula comes to, at two places."""
    return round((10 + block + number / 10) * 1.25, 2)


WHOLESALE_HEADERS = ("大类", "商家编码", "品名规格", "进价", "加价", "售价", "库存", "库存金额", "备注")


def wholesale_list(path: Path, headers: Sequence[str] = WHOLESALE_HEADERS, *, merged: bool = True) -> Path:
    """2,000 items in blocks: the category in one merged cell, prices by formula, a subtotal under each block."""
    kinds = ("花店", "花鸟鱼虫市场", "家装家居", "商场", "超市")
    with Workbook(path) as book:
        style = Styles(book, "宋体")
        page = book.add_worksheet("批发价目")
        page.merge_range("A1:I1", "锦绣花卉批发 价目表", style.title)
        page.merge_range("A2:I2", "电话 139-0000-0000   价格随行就市，以当日为准", style.cell)
        page.write_row("A3", headers, style.head)
        page.freeze_panes(3, 0)
        page.set_column("C:C", 26)
        row = 3
        for block in range(BLOCKS):
            first = row
            for number in range(BLOCK):
                cost, stock, line = 10 + block + number / 10, 100 + number, row + 1
                price = wholesale_price(block, number)
                page.write_row(
                    row, 1, (wholesale_code(block, number), f"花材 {block + 1}-{number + 1:03}"), style.cell
                )
                page.write(row, 3, cost, style.yuan)
                page.write(row, 4, 0.25, style.share)
                page.write_formula(row, 5, f"=ROUND(D{line}*(1+E{line}),2)", style.yuan, price)
                page.write(row, 6, stock, style.cell)
                page.write_formula(row, 7, f"=F{line}*G{line}", style.yuan, price * stock)
                row += 1
            kind = f"商超购物>{kinds[block % len(kinds)]}"
            if merged:
                page.merge_range(first, 0, row - 1, 0, kind, style.cell)
            else:
                page.write_column(first, 0, [kind] * BLOCK, style.cell)
            page.merge_range(row, 0, row, 5, "小计", style.head)
            page.write_formula(row, 6, f"=SUBTOTAL(9,G{first + 1}:G{row})", style.head, 14950)
            page.write_formula(row, 7, f"=SUBTOTAL(9,H{first + 1}:H{row})", style.yuan, 1.0)
            row += 1
        page.merge_range(row, 0, row, 5, "总计", style.head)
        page.write_formula(row, 6, f"=SUBTOTAL(9,G4:G{row})", style.head, 14950 * BLOCKS)
    return path


class Styles:
    """What such sheets look like."""

    def __init__(self, book: Any, font: str) -> None:
        base = {"font_name": font, "font_size": 10, "border": 1, "valign": "vcenter"}
        self.title = book.add_format({"font_name": font, "font_size": 16, "bold": True, "align": "center"})
        self.head = book.add_format({**base, "bold": True, "bg_color": "#FCE4D6", "align": "center"})
        self.cell = book.add_format(base)
        self.off = book.add_format({**base, "font_color": "#C00000"})
        self.yuan = book.add_format({**base, "num_format": "¥#,##0.00"})
        self.digits = book.add_format({**base, "num_format": "0"})
        self.share = book.add_format({**base, "num_format": "0%"})


def all_three(folder: Path) -> tuple[Path, Path, Path]:
    """Write them all into a folder."""
    return (
        nail_studio(folder / "价格表.xlsx"),
        erp_export(folder / "库存导出.csv"),
        wholesale_list(folder / "批发价目.xlsx"),
    )


if __name__ == "__main__":
    all_three(Path(sys.argv[1]))

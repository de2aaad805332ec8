"""The table of fields: headers, paths, status words, categories."""

from __future__ import annotations

import pytest

from sync.fields import (
    CATEGORY,
    FIELDS,
    ITEM_ID,
    OUTER_ID,
    PRICE,
    SYSTEM_FIELDS,
    TITLE,
    Column,
    Field,
    Name,
    ValueKind,
    category_table,
    forbidden_name,
    of_column,
    of_header,
    of_path,
    squeeze,
    status_words,
)
from sync.item import Path, Status

DOMAIN = "_sys@domainId"
KNOWN = (*FIELDS, *SYSTEM_FIELDS)


# --- headers ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("field", KNOWN, ids=[field.en for field in KNOWN])
def test_every_field_is_found_by_both_its_headers(field: Field) -> None:
    assert of_header(field.zh) is of_header(field.en) is field


@pytest.mark.parametrize(
    ("header", "path"),
    [
        (" 价格 ", PRICE),
        ("价 格", PRICE),
        ("价格\n", PRICE),
        ("\u3000价格\u200b", PRICE),
        ("PRICE", PRICE),
        ("Ｐｒｉｃｅ", PRICE),
        ("Outer ID", OUTER_ID),
        ("outerid", OUTER_ID),
        ("商品id", ITEM_ID),
        ("商品ＩＤ", ITEM_ID),
        ("系统：DomainID", DOMAIN),
        ("Sys : domainId", DOMAIN),
        ("sys:market", "_sys@market"),
    ],
)
def test_headers_match_whatever_their_case_spaces_and_width(header: str, path: Path) -> None:
    field = of_header(header)
    assert field is not None
    assert field.path == path


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("自定义:品牌", "品牌"),
        ("自定义：品牌", "品牌"),
        (" 自定义 ： 品牌 ", "品牌"),
        ("custom:brand", "brand"),
        ("Custom: Brand Name", "Brand Name"),
        ("ＣＵＳＴＯＭ：Ｂｒａｎｄ", "Ｂｒａｎｄ"),
        ("自定义:尺码:脚长", "尺码:脚长"),
        ("custom:price", "price"),
    ],
)
def test_a_custom_column_keeps_its_name_as_typed(header: str, name: str) -> None:
    field = of_header(header)
    assert field is not None
    assert (field.path, field.kind, field.clearable) == (name, ValueKind.CUSTOM, True)
    assert not field.required_to_publish


@pytest.mark.parametrize(
    "header", ["", "备注", "价格(元)", "自定义", "自定义:", "custom : ", "sys:nothing", "品牌", "_sys@price"]
)
def test_any_other_column_is_the_staffs_own(header: str) -> None:
    assert of_header(header) is None


@pytest.mark.parametrize(
    ("name", "forbidden"),
    [("品牌", False), ("a@b", True), ("a,b", True), ("_sys", True), ("_sys2", False), ("a，b", False), ("@", True)],
)
def test_a_custom_name_that_delete_paths_could_not_say_is_forbidden(name: str, forbidden: bool) -> None:
    assert forbidden_name(name) is forbidden


def test_no_two_fields_share_a_header() -> None:
    headers = [squeeze(header) for field in KNOWN for header in {field.zh, field.en}]
    assert len(headers) == len(set(headers))


def test_what_can_be_cleared_and_what_publishing_needs() -> None:
    """docs/reference/sheet.md#cells: refused for code, id, title, category, price, inventory and status."""
    assert not any(field.clearable for field in FIELDS)
    assert all(field.clearable for field in SYSTEM_FIELDS)
    assert {field.path for field in KNOWN if field.required_to_publish} == {OUTER_ID, TITLE, CATEGORY, PRICE}


def test_a_field_is_found_by_its_path_and_by_its_column() -> None:
    assert all(of_path(field.path) is field for field in KNOWN if field.path)
    assert of_path("品牌").zh == "自定义:品牌"
    assert [of_column(column).zh for column in (Column.STOCK_CHANGE, Column.RESULT)] == ["库存增减", "同步结果"]


@pytest.mark.parametrize(
    ("path", "zh", "en"),
    [
        (PRICE, "价格", "price"),
        ("品牌", "品牌", "品牌"),
        ("_sys@userId", "userId", "userId"),
        (CATEGORY, "类目", "category"),
    ],
)
def test_a_path_is_named_for_staff(path: Path, zh: str, en: str) -> None:
    assert (Name(path).words("zh"), Name(path).words("en")) == (zh, en)


@pytest.mark.parametrize(
    ("words", "status"),
    [
        (["有效", "上架", "1", "active", "on"], Status.ACTIVE),
        (["失效", "下架", "0", "inactive", "off"], Status.INACTIVE),
        (["删除", "-1", "delete", "deleted"], Status.DELETED),
    ],
    ids=["active", "inactive", "deleted"],
)
def test_the_status_words_of_the_design(words: list[str], status: Status) -> None:
    assert {word for word, meant in status_words().items() if meant is status} == set(words)
    assert all(squeeze(word) == word for word in words)


# --- categories ---------------------------------------------------------------------------------------------------


def test_the_category_table_is_the_platforms() -> None:
    table = category_table()
    assert len(table) == len(set(table)) == 143
    assert table[0] == ("餐饮美食", "茶艺馆")
    assert all(one and two and one == one.strip() and two == two.strip() for one, two in table)
    assert {("丽人", "美甲"), ("餐饮美食", "面包/甜品/冷饮店"), ("商超购物", "便民商店/便利店")} <= set(table)
    assert ("服装", "女装") not in table, "the document's own example isn't in its table"

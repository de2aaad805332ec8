"""Staff's usual words for the columns, and what a header that nobody knows may be meant for."""

from __future__ import annotations

import pytest

from sync.fields import FIELDS, SKU_FIELD, SYSTEM_FIELDS, squeeze
from sync.synonyms import SYNONYMS, Ignored, key_of, meant, missing, synonym, told

ALL = missing(())


@pytest.mark.parametrize(
    ("header", "field"),
    [
        ("货号", "商家编码"),
        ("宝贝编码", "商家编码"),
        ("宝贝标题", "标题"),
        ("商品名称", "标题"),
        ("售价", "价格"),
        ("一口价", "价格"),
        ("库存数量", "库存"),
        (" 数 量 ", "库存"),
        ("宝贝ｉｄ", "商品ID"),
        ("数字ID", "商品ID"),
        ("Num_IID", "商品ID"),
        ("上下架", "目标状态"),
        ("Stock Quantity", "库存"),
    ],
)
def test_staffs_usual_words(header: str, field: str) -> None:
    found = synonym(header)
    assert found is not None
    assert found.zh == field


@pytest.mark.parametrize(
    "header",
    [
        "原价",
        "进价",
        "成本价",
        "市场价",
        "吊牌价",
        "零售价",
        "单价",
        "备注",
        "款号",
        "商品编码",
        "状态",
        "sale price",
        "id",
    ],
)
def test_a_word_that_may_mean_another_thing_is_never_taken(header: str) -> None:
    assert synonym(header) is None


def test_no_word_means_two_columns_or_is_a_header_of_another() -> None:
    words = [squeeze(word) for words in SYNONYMS.values() for word in words]
    headers = {squeeze(header) for field in (*FIELDS, SKU_FIELD, *SYSTEM_FIELDS) for header in (field.zh, field.en)}
    assert len(words) == len(set(words))
    assert not headers & set(words)
    assert set(SYNONYMS) <= {key_of(field) for field in (*FIELDS, SKU_FIELD)}


@pytest.mark.parametrize(
    ("header", "field"),
    [
        ("售价2", "价格"),
        ("新价格", "价格"),
        ("销售单价", "价格"),
        ("prise", "价格"),
        ("商品编码", "商家编码"),
        ("款号", "商家编码"),
        ("库存总数", "库存"),
        ("stauts", "目标状态"),
        ("商品状态", "目标状态"),
        ("商品标题名", "标题"),
        ("商品类目", "类目"),
    ],
)
def test_what_a_header_may_be_meant_for(header: str, field: str) -> None:
    found, _ = meant(header, ALL)
    assert found is not None
    assert found.zh == field


@pytest.mark.parametrize(
    "header",
    [
        "备注",
        "负责人",
        "成本价",
        "原价",
        "进价格",
        "市场价格",
        "颜色",
        "图片",
        "安全库存",
        "在途库存",
        "数量单位",
        "促销价格",
        "副标题",
        "短标题",
        "店铺类目",
        "vendor",
        "供应商",
        "color",
        "",
        "价" * 31,
    ],
)
def test_what_comes_near_nothing(header: str) -> None:
    assert meant(header, ALL)[0] is None


def test_only_a_missing_column_is_asked_about() -> None:
    price = next(field for field in FIELDS if field.zh == "价格")
    assert meant("售价2", missing([price]))[0] is None
    half = next(field for field in FIELDS if field.zh == "一级类目")
    assert not {"类目", "二级类目"} & {field.zh for field in missing([half])}
    assert "同步结果" not in {field.zh for field in ALL}


def test_questions_come_first_and_then_all_others_by_name() -> None:
    price = next(field for field in FIELDS if field.zh == "价格")
    many = [Ignored("B", f"备注{number}") for number in range(40)]
    question, own = told([*many, Ignored("C", "售价2", price)])
    assert "“售价2”（C 列）" in question.words("zh")
    assert "did you mean price?" in question.words("en")
    assert all(f"备注{number} (B)" in own.words("zh") for number in range(40))
    assert told([]) == ()

"""The categories that are offered for a name that is none."""

from __future__ import annotations

import pytest

from sync.fields import category_table
from sync.sheet.categories import nearest_categories


@pytest.mark.parametrize(
    ("wanted", "nearest"),
    [
        (("丽人", "美甲店"), ("丽人", "美甲")),
        (("餐饮", "火锅店"), ("餐饮美食", "火锅店")),
        (("美甲",), ("丽人", "美甲")),
    ],
    ids=">".join,
)
def test_the_nearest_category_is_offered_first(wanted: tuple[str, ...], nearest: tuple[str, str]) -> None:
    offered = nearest_categories(wanted, category_table())
    assert offered[0] == nearest
    assert len(offered) <= 3


def test_nothing_is_offered_where_nothing_is_near() -> None:
    assert nearest_categories(("zzzz", "qqqq"), category_table()) == ()

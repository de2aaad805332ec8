"""What people were told of: once for each change, whichever machine sees it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from sync.state.notices import mark, marked
from sync.state.store import Store


def test_nothing_was_told_at_first(store: Store) -> None:
    assert marked(store, "run", "rows") is None


def test_a_mark_is_kept_by_kind_and_subject(store: Store) -> None:
    assert mark(store, "run", "rows", None, "3 failed")
    assert mark(store, "run", "rows", "3 failed", "")
    assert marked(store, "run", "rows") == ""
    assert marked(store, "guard", "rows") is None


def test_of_several_that_see_a_change_one_tells_it(place: str, store: Store) -> None:
    others = [Store(place, "shop") for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        first = [*pool.map(lambda one: mark(one, "run", "rows", None, "a"), others)]
        second = [*pool.map(lambda one: mark(one, "run", "rows", "a", "b"), others)]
    for one in others:
        one.close()
    assert (sum(first), sum(second)) == (1, 1)

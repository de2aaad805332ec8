"""A document that is read some signs at a time is the one that is read at once."""

from __future__ import annotations

import json
from io import StringIO
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sync import json_reading
from sync.json_reading import read_document
from sync.legible import LazyRows, canonical_parts, json_parts

NAMES = st.sampled_from(["a", "b", "价格", '"', "\\"])
PLAIN = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5)
VALUES = st.recursive(PLAIN, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3))


def read(text: str, at_once: int) -> Any:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(json_reading, "_AT_ONCE", at_once)
        return read_document(StringIO(text))


def listed(value: object) -> object:
    if isinstance(value, dict):
        return {name: listed(member) for name, member in value.items()}
    return [*value] if isinstance(value, LazyRows) else value


@given(VALUES, st.sampled_from([None, 2]), st.integers(1, 9))
def test_it_is_the_same_document(value: object, indent: int | None, at_once: int) -> None:
    text = json.dumps(value, indent=indent)
    assert listed(read(text, at_once)) == value
    assert "".join(canonical_parts(read(text, at_once))) == "".join(canonical_parts(value))


@given(
    VALUES,
    st.integers(0, 40),
    st.sampled_from(["", ",", "]", "}", '"', "1", ".", "-", ":", "\n", "x"]),
    st.integers(1, 9),
)
@example({"a": [1]}, 0, "\ufeff", 1)
def test_what_is_no_document_is_refused(value: object, place: int, sign: str, at_once: int) -> None:
    text = json.dumps(value)
    text = text[:place] + sign + text[place + 1 :]
    try:
        at_once_read = json.loads(text)
    except ValueError:
        with pytest.raises(ValueError, match=r"."):
            read(text, at_once)
    else:
        assert listed(read(text, at_once)) == at_once_read


@pytest.mark.parametrize("signs", range(1, 20))
def test_signs_behind_a_value_are_not_passed_over(signs: int) -> None:
    with pytest.raises(ValueError, match="nor the end"):
        read(f'{{"a": 1{"x" * signs}, "b": 2}}', 99)


def test_rows_are_made_when_somebody_looks() -> None:
    read_back = read("".join(json_parts({"rows": [{"row": 2}], "saved": {"rows": [1, 2]}}, 2)), 3)
    assert isinstance(read_back["rows"], LazyRows)
    assert [*read_back["saved"]["rows"]] == [*read_back["saved"]["rows"]] == [1, 2]

"""Text of strangers: what can't be seen is written out, and nothing takes hold of the terminal."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.legible import LazyRows, canonical_parts, json_parts, legible, legible_lines, to_json

_JSON: st.SearchStrategy[object] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
"""What JSON can hold, but for numbers that aren't whole."""
UNSEEN = "".join(map(chr, (*range(32), *range(0x7F, 0xA0), 0x61C, 0x200E, 0x200F, *range(0x2028, 0x202F))))
UNSEEN += "".join(map(chr, (*range(0x2060, 0x206A), 0xFEFF, 0xD83D, 0xFFFE)))


def _escaped(line: str) -> str:
    return "".join(sign if sign.isprintable() else json.dumps(sign)[1:-1] for sign in line)


@pytest.mark.parametrize(
    ("sign", "shown"),
    [
        pytest.param("\x1b", "\\x1b", id="escape"),
        pytest.param("\x9d", "\\x9d", id="the C1 sign that begins an OSC"),
        pytest.param("\x7f", "\\x7f", id="delete"),
        pytest.param("\u202e", "<U+202E>", id="right-to-left override"),
        pytest.param("\u2067", "<U+2067>", id="right-to-left isolate"),
        pytest.param("\u200e", "<U+200E>", id="left-to-right mark"),
        pytest.param("\u061c", "<U+061C>", id="Arabic letter mark"),
        pytest.param("\ufeff", "<U+FEFF>", id="byte order mark"),
        pytest.param("\ud83d", "<U+D83D>", id="half a surrogate pair"),
        pytest.param("\uffff", "<U+FFFF>", id="no character"),
        pytest.param("\n", " ", id="line break"),
        pytest.param("\u2028", " ", id="line separator"),
        pytest.param("\u3000", " ", id="wide space"),
        pytest.param("\u200d", "\u200d", id="a joiner, as in many emoji"),
        pytest.param("\U000ff000", "\U000ff000", id="newer than Python's tables, or private"),
    ],
)
def test_what_cannot_be_seen_is_written_out(sign: str, shown: str) -> None:
    assert legible(f"价{sign}格") == f"价{shown}格"


def test_lines_stay_lines_where_the_text_is_ours() -> None:
    assert legible_lines("第一行\n\x1b[31m第二行") == "第一行\n\\x1b[31m第二行"


@given(st.text(st.characters() | st.sampled_from(UNSEEN)))
def test_nothing_takes_hold_of_the_terminal(text: str) -> None:
    assert not set(legible(text)) & set(UNSEEN)
    assert not set(to_json(text)) & set(UNSEEN)
    assert json.loads(to_json([text], indent=2)) == [text]


@given(st.text(st.sampled_from("Aa1 -猫眼美甲¥✨👩\u200d🔧")))
def test_ordinary_text_stays_as_it_is(text: str) -> None:
    assert legible(text) == text
    assert to_json(text) == json.dumps(text, ensure_ascii=False).replace("\u200d", "\\u200d")


@pytest.mark.parametrize("indent", [None, 2])
@given(document=st.dictionaries(st.text(), _JSON))
def test_a_document_in_parts_is_the_document(indent: int | None, document: dict[str, object]) -> None:
    whole = json.dumps(document, ensure_ascii=False, indent=indent)
    assert to_json(document, indent) == "\n".join(map(_escaped, whole.split("\n")))
    assert "".join(json_parts(document, indent, ascii_only=True)) == json.dumps(document, indent=indent)


def test_rows_are_made_as_they_are_written_some_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sync.legible._AT_ONCE", 2)
    left = iter(range(1, 5))
    rows = LazyRows(3, lambda: ({"row": row} for row in left))
    parts = json_parts({"run": 1, "rows": rows}, 2)
    until_two_rows = "".join(next(parts) for _ in range(4))
    assert until_two_rows.endswith('"row": 2\n    }')
    assert next(left) == 3
    assert until_two_rows + "".join(parts) == json.dumps(
        {"run": 1, "rows": [{"row": 1}, {"row": 2}, {"row": 4}]}, indent=2
    )


@given(document=st.dictionaries(st.text(), _JSON))
def test_the_canonical_text_has_no_order_of_members(document: dict[str, object]) -> None:
    text = json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    assert "".join(canonical_parts(document)) == text
    assert "".join(canonical_parts(dict(reversed(document.items())))) == text


@pytest.mark.parametrize("count", [0, 1, 2, 3])
def test_rows_of_a_document_within_a_document(count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sync.legible._AT_ONCE", 2)
    rows = [{"row": row, "code": "A\n"} for row in range(count)]
    lazy, whole = ({"plan": {"rows": one, "guards": ()}, "run": 1} for one in (LazyRows(count, rows.copy), rows))
    assert to_json(lazy, 2) == json.dumps(whole, indent=2)
    assert "".join(canonical_parts(lazy)) == json.dumps(whole, sort_keys=True, separators=(",", ":"))


def test_no_rows_are_an_empty_list() -> None:
    assert to_json({"rows": LazyRows(0, list)}, 2) == '{\n  "rows": []\n}'

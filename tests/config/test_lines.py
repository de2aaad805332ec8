"""In which line a key stands, whatever way its author chose to write it."""

from __future__ import annotations

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.config.lines import Keys, line_of, lines_of

TEXT = '''# a comment = 1
[profiles.default]
plain = 1
dotted . "quoted key".x = 2
many = [
  ["profiles", "default"],   # [profiles.fake]
]
text = """
[profiles.fake]
plain = 3
"""

inline = { a = 1, b.c = 2 }
[ profiles . 'other shop' ]  # its header
plain = 4
[[lists.of]]
tables = 5
'''


@pytest.mark.parametrize(
    ("keys", "line"),
    [
        (("profiles", "default"), 2),
        (("profiles", "default", "plain"), 3),
        (("profiles", "default", "dotted"), 4),
        (("profiles", "default", "dotted", "quoted key", "x"), 4),
        (("profiles", "default", "many"), 5),
        (("profiles", "default", "many", 0, 1), 5),
        (("profiles", "default", "text"), 8),
        (("profiles", "default", "inline", "b", "c"), 13),
        (("profiles", "other shop"), 14),
        (("profiles", "other shop", "plain"), 15),
        (("profiles", "other shop", "absent"), 14),
        (("lists", "of", 0, "tables"), 17),
        (("profiles", "fake"), None),
        (("absent",), None),
    ],
)
def test_each_key_has_the_line_that_it_begins_in(keys: Keys, line: int | None) -> None:
    assert line_of(keys, lines_of(TEXT)) == line


def test_line_ends_of_windows_count_as_one() -> None:
    assert lines_of("[a]\r\nb = 1\r\n") == {("a",): 1, ("a", "b"): 2}


names = st.sampled_from(["a", "b", "品牌", "_sys@price", "a.b", 'say "x"', "1"])
values = st.sampled_from(["1", "'x'", '"""\n[t]\na = 1\n"""', "[\n  1,\n]", "{}", "true # = 1"])
tables = st.dictionaries(names, st.dictionaries(names, values, min_size=1), max_size=4)


@given(tables, st.lists(st.sampled_from(["", "# x = 1", "  "]), max_size=3))
def test_every_key_of_every_file_is_found(document: dict[str, dict[str, str]], between: list[str]) -> None:
    lines: list[str] = []
    expected: dict[Keys, int] = {}
    for table, keys in document.items():
        lines += [*between, f"[{_quoted(table)}]"]
        expected[table,] = len(lines)
        for key, value in keys.items():
            expected[table, key] = len(lines) + 1
            lines += f"{_quoted(key)} = {value}".split("\n")
    text = "\n".join(lines)
    assert set(tomllib.loads(text)) == set(document)
    assert lines_of(text) == expected


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '\\"') + '"'


def test_each_of_several_tables_has_a_line_of_its_own() -> None:
    lines = lines_of("[[a.b]]\nc = 1\n\n[[a.b]]\nc = 2\n[a.d]\nc = 3\n")
    assert [line_of(("a", "b", at, "c"), lines) for at in (0, 1)] == [2, 5]
    assert line_of(("a", "b", 1, "absent"), lines) == 4
    assert line_of(("a", "d", "c"), lines) == 7

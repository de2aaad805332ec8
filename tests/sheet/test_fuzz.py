"""Any bytes at all: a sheet, or a sentence that says why not. Long in the soak, short in the suite."""

from __future__ import annotations

import tempfile
import zipfile
from functools import cache
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sync.errors import Refusal
from sync.sheet.read import read_sheet
from tests.sheet.packages import package
from tests.sheet.workbooks import GOOD, write_items

WORDS = (
    b"<", b">", b"</c>", b"<c>", b"<row>", b'r="XFD1048576"', b'r="A0"', b't="s"', b't="d"', b"<v>1e999</v>",
    b"<f>", b"&#0;", b"<!DOCTYPE x>", b"]]>", b"<!--", b"\0", b"\xff\xfe", b"99999999999", b"-1", b"xmlns:x",
    b'count="4294967295"', b"<mergeCell ref='A1:XFD9'/>", b'hidden="1"', b' t="e"', b"<rPh>",
)  # fmt: skip
"""What a parser may stumble over."""

Edits = list[tuple[float, int, bytes]]
"""Where, as a part of the whole; how many bytes go; what comes instead."""
edits: st.SearchStrategy[Edits] = st.lists(
    st.tuples(st.floats(0, 1), st.integers(0, 12), st.one_of(st.binary(max_size=4), st.sampled_from(WORDS))),
    min_size=1,
    max_size=5,
)


@cache
def seeds() -> dict[str, bytes]:
    """Small workbooks that are well."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.xlsx"
        return {
            "by hand": package(path).read_bytes(),
            "by openpyxl": write_items(path, GOOD, GOOD | {"商家编码": "A-2"}).read_bytes(),
            "a text": '商家编码;标题;价格\r\nA-1;"a;\nb";9\r\n'.encode("gbk"),
        }


def edited(data: bytes, changes: Edits) -> bytes:
    """The bytes with these changes."""
    for where, gone, instead in changes:
        at = int(where * len(data))
        data = data[:at] + instead + data[at + gone :]
    return data


def repacked(data: bytes, part: int, changes: Edits) -> bytes:
    """The workbook with these changes in one of its parts, and the zip around it in order."""
    whole = BytesIO()
    with zipfile.ZipFile(BytesIO(data)) as source, zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as target:
        for number, name in enumerate(source.namelist()):
            content = source.read(name)
            chosen = number == part % len(source.namelist())
            target.writestr(name, edited(content, changes) if chosen else content)
    return whole.getvalue()


def survives(data: bytes) -> None:
    """Read it: whatever is in it, the program goes on."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.xlsx"
        path.write_bytes(data)
        try:
            sheet = read_sheet(path)
        except Refusal as refusal:
            assert refusal.message.words("zh")
            return
        for problem in (*sheet.problems, *(problem for row in sheet.rows for problem in row.problems)):
            assert problem.message.words("zh")


def fuzz(kind: str, changes: Edits, part: int) -> None:
    data = seeds()[kind]
    survives(edited(data, changes))
    if data.startswith(b"PK"):
        survives(repacked(data, part, changes))


kinds = st.sampled_from(["by hand", "by openpyxl", "a text"])
relaxed = settings(deadline=None, suppress_health_check=list(HealthCheck))


@given(kind=kinds, changes=edits, part=st.integers(0, 20))
@settings(relaxed, max_examples=150)
def test_a_file_with_anything_in_it_is_read_or_refused(kind: str, changes: Edits, part: int) -> None:
    fuzz(kind, changes, part)


@pytest.mark.soak
@given(kind=kinds, changes=edits, part=st.integers(0, 20))
@settings(relaxed, max_examples=20_000)
def test_a_file_with_anything_in_it_for_longer(kind: str, changes: Edits, part: int) -> None:
    fuzz(kind, changes, part)


@given(text=st.text(max_size=200), encoding=st.sampled_from(["utf-8", "gb18030", "utf-16"]))
@settings(relaxed, max_examples=60)
def test_any_text_is_read_or_refused(text: str, encoding: str) -> None:
    survives(("商家编码,价格\n" + text).encode(encoding, "ignore"))

"""The zip around the parts: copied as it is, whoever made it; or refused in words."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook

from sync.call import Result, RowResult
from sync.errors import Refusal
from sync.fields import OUTER_ID
from sync.sheet.columns import Layout
from sync.sheet.read import read_sheet
from sync.sheet.writeback import write_back
from tests.sheet.packages import package
from tests.sheet.rich import inline, parts

LAYOUT = Layout("商品", 1, {OUTER_ID: "A"}, 2, "zh")
RESULT = RowResult(2, "A-1", Result.DONE)


def put(path: Path) -> None:
    write_back(path, LAYOUT, [RESULT], "zh")


class _Pipe:
    """A file that can't be rewound, so that zipfile writes the sizes behind the contents."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("wb")

    def write(self, data: bytes) -> int:
        return self._file.write(data)

    def flush(self) -> None:
        self._file.flush()

    def close(self) -> None:
        self._file.close()


def rewritten(path: Path, *, zip64: bool = False, method: int = zipfile.ZIP_DEFLATED, piped: bool = False) -> Path:
    """The same parts in another kind of zip."""
    content, other = parts(path), path.with_name("other.xlsx")
    target = _Pipe(other) if piped else other
    with zipfile.ZipFile(target, "w", method) as book:
        book.comment = "第 47 周".encode()
        for name, data in content.items():
            with book.open(name, "w", force_zip64=zip64) as part:
                part.write(data)
    if isinstance(target, _Pipe):
        target.close()
    return other


@pytest.mark.parametrize(
    "how",
    [{"zip64": True}, {"method": zipfile.ZIP_STORED}, {"method": zipfile.ZIP_LZMA}, {"piped": True}],
    ids=["zip64", "stored", "another compression", "sizes behind"],
)
def test_any_kind_of_zip(tmp_path: Path, how: dict[str, object]) -> None:
    path = package(tmp_path / "a.xlsx", **{"docProps/app.xml": "<Properties/>"})
    other = rewritten(path, **how)  # type: ignore[arg-type]
    put(path)
    write_back(other, LAYOUT, [RESULT], "zh")
    assert parts(other) == parts(path)
    with zipfile.ZipFile(other) as book:
        assert book.comment == "第 47 周".encode()


def test_what_is_copied_is_as_compressed_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    inline(path)
    before = {entry.filename: entry for entry in zipfile.ZipFile(path).infolist()}
    write_back(path, read_sheet(path).layout, [RowResult(3, "A-1", Result.DONE)], "zh")
    with zipfile.ZipFile(path) as book:
        assert [entry.filename for entry in book.infolist()] == list(before)
        for entry in book.infolist():
            if entry.filename not in ("xl/styles.xml", "xl/worksheets/sheet1.xml"):
                old = before[entry.filename]
                assert (entry.compress_size, entry.CRC, entry.date_time, entry.extra, entry.external_attr) == (
                    old.compress_size,
                    old.CRC,
                    old.date_time,
                    old.extra,
                    old.external_attr,
                )


@pytest.mark.parametrize("damage", ["twice", "encrypted", "cut off", "wrong sum"])
def test_a_zip_that_cannot_be_trusted_is_left_as_it_is(tmp_path: Path, damage: str) -> None:
    path = package(tmp_path / "a.xlsx")
    data = path.read_bytes()
    if damage == "twice":
        with pytest.warns(UserWarning, match="Duplicate"), zipfile.ZipFile(path, "a") as book:
            book.writestr("xl/workbook.xml", "<workbook/>")
    elif damage == "encrypted":
        at = data.index(b"PK\1\2") + 8
        path.write_bytes(data[:at] + b"\1" + data[at + 1 :])
    elif damage == "cut off":
        path.write_bytes(data[:200] + data[260:])
    else:
        at = data.index(b"PK\1\2", data.index(b"xl/worksheets", data.index(b"PK\1\2")) - 50) + 16
        path.write_bytes(data[:at] + b"\0\0\0\0" + data[at + 4 :])
    before = path.read_bytes()
    with pytest.raises(Refusal, match=r"writeback\.not_editable"):
        put(path)
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["a.xlsx"]


def test_a_part_of_two_names_is_not_copied_by_the_wrong_one(tmp_path: Path) -> None:
    path = package(tmp_path / "a.xlsx", **{"docProps/app.xml": "<Properties/>"})
    path.write_bytes(path.read_bytes().replace(b"docProps/app.xml", b"docProps/xyz.xml", 1))
    with pytest.raises(Refusal, match=r"writeback\.not_editable"):
        put(path)


def test_a_part_by_any_name_is_never_a_path(tmp_path: Path) -> None:
    path = package(tmp_path / "a.xlsx")
    with zipfile.ZipFile(path, "a") as book:
        book.writestr("../../outside.txt", "x")
    put(path)
    assert "../../outside.txt" in parts(path)
    assert not (tmp_path.parent / "outside.txt").exists()
    assert CalamineWorkbook.from_path(path).sheet_names == ["商品"]

"""Staff save their file while the results are being written: at every line of the way, in both ways of saving."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Sequence
from functools import cache
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from types import FrameType
from typing import Any, BinaryIO

import pytest
from openpyxl import load_workbook

from sync import atomic_files
from sync.call import Result, RowResult
from sync.errors import Refusal
from sync.sheet import writeback
from sync.sheet.file_version import version
from sync.sheet.read import read_sheet
from sync.sheet.writeback import refreshing, results, saving, write_back
from tests.sheet.workbooks import write

TRACED = {str(module.__file__) for module in (writeback, saving, atomic_files)}
RESULT = RowResult(2, "A-1", Result.DONE)
WORD = Result.DONE.words("zh")
Lines = Sequence[Sequence[object]]
Save = Callable[[Path, Path], None]


def renamed(new: Path, sheet: Path) -> None:
    """Save as Excel does: a new file that takes the old one's name."""
    beside = sheet.with_name("save.tmp")
    shutil.copy(new, beside)
    beside.replace(sheet)


def in_place(new: Path, sheet: Path) -> None:
    """Save into the very file, as some programs do."""
    with sheet.open("r+b") as file:
        file.truncate()
        file.write(new.read_bytes())


class At:
    """Something that happens before a line of the write-back is carried out, counted from 0."""

    def __init__(self, line: int, happens: Callable[[], None]) -> None:
        self.places: list[str] = []
        self._line = line
        self._happens = happens

    def __enter__(self) -> At:
        sys.settrace(self._trace)
        return self

    def __exit__(self, *_: object) -> None:
        sys.settrace(None)

    def _trace(self, frame: FrameType, event: str, _: object) -> Any:
        if frame.f_code.co_filename not in TRACED:
            return None
        if event == "line":
            self.places.append(f"{Path(frame.f_code.co_filename).name}:{frame.f_lineno}")
            if len(self.places) == self._line + 1:
                sys.settrace(None)
                self._happens()
                sys.settrace(self._trace)
        return self._trace


@cache
def workbooks() -> tuple[bytes, bytes]:
    """The sheet, and how it will look when staff have typed into it."""
    before: Lines = [["商家编码", "价格"], ["A-1", 20]]
    after: Lines = [["商家编码", "价格", "备注"], ["A-1", 25, "我的"]]
    with TemporaryDirectory() as folder:
        path = Path(folder, "周表.xlsx")
        return write(path, before).read_bytes(), write(path, after).read_bytes()


@cache
def typed_and_written(content: bytes) -> Sequence[object]:
    """What a sheet holds in the cells of the price, of the note, and of the result."""
    page = load_workbook(BytesIO(content)).worksheets[0]
    return [page[cell].value for cell in ("B2", "C2", "D2")]


def begin(folder: Path) -> tuple[Path, Path]:
    """Put both into the folder."""
    sheet, new = folder / "周表.xlsx", folder / "typed" / "周表.xlsx"
    for path, content in zip((sheet, new), workbooks(), strict=True):
        path.write_bytes(content)
    last_week = sheet.stat().st_mtime - 7 * 86_400
    os.utime(sheet, (last_week, last_week))
    return sheet, new


def way_of(tmp_path: Path) -> list[str]:
    """All lines of a write-back that nobody disturbs, in their order."""
    (tmp_path / "typed").mkdir()
    sheet, _ = begin(tmp_path)
    with At(-2, lambda: None) as way:
        write_back(sheet, read_sheet(sheet).layout, [RESULT], "zh")
    return way.places


def replacing() -> str:
    """The line of the one call that replaces the sheet."""
    text = Path(str(saving.__file__)).read_text(encoding="utf-8").splitlines()
    line = next(number for number, line in enumerate(text, start=1) if "os.replace(new.path, source)" in line)
    return f"saving.py:{line}"


@pytest.mark.parametrize("save", [renamed, in_place], ids=lambda save: str(save.__name__))
@pytest.mark.parametrize("third", [0, *(pytest.param(third, marks=pytest.mark.soak) for third in (1, 2))])
def test_no_save_is_lost_at_any_line_of_the_way(tmp_path: Path, save: Save, third: int) -> None:
    """Each third of the lines by itself; in the first of them is the call that replaces the sheet."""
    way = way_of(tmp_path)
    replaced, layout = way.index(replacing()), read_sheet(begin(tmp_path)[0]).layout
    lost, without_results = [], []
    for number in range((replaced + third) % 3, len(way), 3):
        place = way[number]
        folder = tmp_path / str(number)
        (folder / "typed").mkdir(parents=True)
        sheet, new = begin(folder)
        with At(number, lambda new=new, sheet=sheet: save(new, sheet)):  # type: ignore[misc]
            written = write_back(sheet, layout, [RESULT], "zh")
        price, note, result = typed_and_written(sheet.read_bytes())
        if (price, note) != (25, "我的"):
            lost.append(place)
        # A save after the last look is a save over the results, as it may come a minute later, too.
        elif number <= replaced + 1 and (written.path, result) != (sheet, WORD):
            without_results.append(place)
        assert not list(folder.glob(".itemsync-draft-*"))
    assert without_results == []
    # Between the last look and the replacement there is one system call, and nobody can look in between; what is
    # written into the open file even then is found afterwards.
    assert lost == ([replacing()] if save is renamed and third == 0 else [])


def test_who_is_still_writing_into_the_open_file_goes_on_in_the_sheet(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "typed").mkdir()
    sheet, new = begin(tmp_path)
    content, real = new.read_bytes(), os.replace
    writing: list[BinaryIO] = []

    def replace(source: Path, target: Path) -> None:
        if target == sheet and not writing:
            writing.append(sheet.open("r+b"))
            writing[0].truncate()
            writing[0].write(content[:100])
            writing[0].flush()
            real(source, target)
        else:
            real(source, target)
            if target == sheet and not writing[0].closed:
                writing[0].write(content[100:])
                writing[0].close()

    monkeypatch.setattr(os, "replace", replace)
    written = write_back(sheet, read_sheet(sheet).layout, [RESULT], "zh")
    page = load_workbook(sheet).worksheets[0]
    assert (page["B2"].value, page["C2"].value, page["D2"].value) == (25, "我的", WORD)
    assert (written.path, [*tmp_path.glob(".itemsync-draft-*")]) == (sheet, [])


def test_a_file_that_is_saved_over_and_over_gets_its_results_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "typed").mkdir()
    sheet, new = begin(tmp_path)
    layout = read_sheet(sheet).layout
    fill = results.fill

    def and_saved(*asked: object) -> object:
        filled = fill(*asked)  # type: ignore[arg-type]
        renamed(new, sheet)
        return filled

    monkeypatch.setattr(writeback, "fill", and_saved)
    written = write_back(sheet, layout, [RESULT], "zh")
    assert (written.path.name, written.fallback) == ("周表.results.xlsx", True)
    assert load_workbook(sheet).worksheets[0]["B2"].value == 25
    assert load_workbook(written.path).worksheets[0]["D2"].value == WORD


@pytest.mark.parametrize("save", [renamed, in_place], ids=lambda save: str(save.__name__))
def test_what_is_brought_up_to_date_gives_way_to_a_save(
    tmp_path: Path, save: Save, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "typed").mkdir()
    sheet, new = begin(tmp_path)
    layout, read = read_sheet(sheet).layout, version(sheet)
    back_up = saving.back_up

    def and_saved(content: BinaryIO, file: Path) -> Path:
        backup = back_up(content, file)
        save(new, sheet)
        return backup

    monkeypatch.setattr(saving, "back_up", and_saved)
    with pytest.raises(Refusal) as info:
        refreshing.refresh(sheet, layout, {2: {"_sys@price": 33}}, read)
    assert info.value.message.code == "pull.saved_since"
    assert load_workbook(sheet).worksheets[0]["B2"].value == 25


# --- a file that is open ------------------------------------------------------------------------------------------
OWNERS = ("~$周表.xlsx", ".~周表.xlsx", ".~lock.周表.xlsx#")


@pytest.mark.parametrize("owner", OWNERS)
def test_the_results_of_an_open_file_go_beside_it(tmp_path: Path, owner: str) -> None:
    (tmp_path / "typed").mkdir()
    sheet, _ = begin(tmp_path)
    (tmp_path / owner).touch()
    before = sheet.read_bytes(), version(sheet)
    written = write_back(sheet, read_sheet(sheet).layout, [RESULT], "zh")
    assert (written.path.name, written.fallback, written.backup) == ("周表.results.xlsx", True, None)
    assert written.owner == sheet.with_name(owner)
    assert (sheet.read_bytes(), version(sheet)) == before
    assert not sheet.with_name("周表.bak.xlsx").exists()


@pytest.mark.parametrize("owner", ["~$别的.xlsx", "~$周表.xls", ".~lock.周表.ods#", "$周表.xlsx", "~周表.xlsx"])
def test_another_files_owner_says_nothing(tmp_path: Path, owner: str) -> None:
    (tmp_path / "typed").mkdir()
    sheet, _ = begin(tmp_path)
    (tmp_path / owner).touch()
    assert write_back(sheet, read_sheet(sheet).layout, [RESULT], "zh").owner is None


def test_the_owner_file_is_looked_for_where_the_sheet_really_is(tmp_path: Path) -> None:
    (tmp_path / "typed").mkdir()
    sheet, _ = begin(tmp_path)
    (tmp_path / OWNERS[0]).touch()
    link = tmp_path / "typed" / "this-week.xlsx"
    link.symlink_to(sheet)
    assert write_back(link, read_sheet(link).layout, [RESULT], "zh").owner is not None


@pytest.mark.parametrize("owner", OWNERS)
def test_an_open_file_isnt_brought_up_to_date(tmp_path: Path, owner: str) -> None:
    (tmp_path / "typed").mkdir()
    sheet, _ = begin(tmp_path)
    (tmp_path / owner).touch()
    before = sheet.read_bytes()
    with pytest.raises(Refusal) as info:
        refreshing.refresh(sheet, read_sheet(sheet).layout, {2: {"_sys@price": 33}}, version(sheet))
    assert (info.value.message.code, owner in info.value.message.words("zh")) == ("pull.open", True)
    assert sheet.read_bytes() == before

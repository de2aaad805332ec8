"""Opening a workbook: what kind of file it is, its visible worksheets, their values and traits."""

from __future__ import annotations

import posixpath
import warnings
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from io import BytesIO
from pathlib import Path
from zipfile import BadZipFile, ZipFile

import pandas as pd
from lxml import etree
from python_calamine import CalamineError

from sync.messages import Refusal, say
from sync.sheet.traits import Traits, read_traits

Raw = str | int | float | bool | datetime | time | timedelta
"""A cell's value as calamine gives it; an empty cell is an empty text. A date without a time is a midnight."""

_COMPOUND = bytes.fromhex("d0cf11e0a1b11ae1")
"""Begins both an old `.xls` and an encrypted workbook ([MS-CFB] 2.2)."""
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
"""The stream that holds an encrypted workbook ([MS-OFFCRYPTO] 2.3.4.4)."""
_ZIP = b"PK\x03\x04"
_UNREADABLE = (
    CalamineError,
    BadZipFile,
    zlib.error,
    EOFError,
    etree.XMLSyntaxError,
    KeyError,
    ValueError,
    NotImplementedError,
    RuntimeError,
)
"""What calamine, zipfile and lxml raise on a damaged file (RuntimeError: a zip with a password)."""


@dataclass(frozen=True)
class Workbook:
    """A workbook held in memory, so that all that is read of it is of one moment."""

    path: Path
    data: bytes
    parts: Mapping[str, str]
    """The visible worksheets in their order: name → part of the package."""

    def columns(self, sheet: str) -> list[list[Raw]]:
        """Return the worksheet's values column by column, from A1 on; raises `Refusal` if it is damaged."""
        with _readable(self.path), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            frame = pd.read_excel(
                BytesIO(self.data),
                engine="calamine",
                sheet_name=sheet,
                header=None,
                dtype=object,
                na_filter=False,
                keep_default_na=False,
            )
        return [frame[index].tolist() for index in range(frame.shape[1])]

    def traits(self, sheet: str) -> Traits:
        """Return what the values don't tell; raises `Refusal` if the worksheet is damaged."""
        with _readable(self.path), ZipFile(BytesIO(self.data)) as archive:
            return read_traits(archive.read(self.parts[sheet]))


def open_workbook(path: Path) -> Workbook:
    """Open an `.xlsx` or `.xlsm`; raises `Refusal`, saying what to do, for anything else (DESIGN section 3)."""
    data = _bytes(path)
    _refuse_other_formats(path, data)
    with _readable(path), ZipFile(BytesIO(data)) as archive:
        names = set(archive.namelist())
        if "xl/workbook.xml" in names:
            return Workbook(path, data, _visible(archive))
    if "xl/workbook.bin" in names or "content.xml" in names:
        raise Refusal(say("sheet.other_format", file=path.name))
    raise Refusal(say("sheet.not_workbook", file=path.name))


def _bytes(path: Path) -> bytes:
    if path.is_dir():
        raise Refusal(say("sheet.folder", file=str(path)))
    try:
        return path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        raise Refusal(say("sheet.missing", file=str(path))) from None
    except OSError as error:
        raise Refusal(say("sheet.unreadable", file=str(path), reason=error.strerror or str(error))) from error


def _refuse_other_formats(path: Path, data: bytes) -> None:
    """The content decides, not the name: people rename `.xls` files to `.xlsx`."""
    if data.startswith(_COMPOUND):
        code = "sheet.encrypted" if _ENCRYPTED in data else "sheet.other_format"
        raise Refusal(say(code, file=path.name))
    if not data.startswith(_ZIP):
        code = "sheet.other_format" if path.suffix.lower() in (".csv", ".txt") and data else "sheet.not_workbook"
        raise Refusal(say(code, file=path.name))


def _visible(archive: ZipFile) -> Mapping[str, str]:
    """The visible worksheets (ECMA-376, 18.2.19): chart sheets and hidden ones are not for reading."""
    relations = {relation.get("Id"): relation for relation in _xml(archive, "xl/_rels/workbook.xml.rels")}
    parts: dict[str, str] = {}
    for sheet in _xml(archive, "xl/workbook.xml").iterfind("{*}sheets/{*}sheet"):
        relation = relations[next((str(value) for name, value in sheet.items() if str(name).endswith("}id")), None)]
        if sheet.get("state", "visible") == "visible" and relation.get("Type", "").endswith("/worksheet"):
            # A target is relative to the workbook's own folder, or absolute within the package.
            target = posixpath.normpath(posixpath.join("/xl", relation.get("Target", "")))
            parts[sheet.get("name", "")] = target.removeprefix("/")
    return parts


def _xml(archive: ZipFile, part: str) -> etree._Element:
    return etree.fromstring(archive.read(part), etree.XMLParser(resolve_entities=False, no_network=True))


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    try:
        yield
    except _UNREADABLE as error:
        raise Refusal(say("sheet.damaged", file=path.name)) from error

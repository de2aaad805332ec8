"""Opening the staff's file, whatever program it comes from. The content decides, not the name."""

from __future__ import annotations

from pathlib import Path

from sync.errors import Refusal
from sync.messages import say
from sync.sheet.files.openxml import DAMAGED, OpenXml, is_workbook, sheet_id_of
from sync.sheet.files.package import Package, TooMuch
from sync.sheet.files.workbook import Workbook
from sync.sheet.headers import USUAL, Vocabulary

_MOST_BYTES = 200 << 20
"""Of a file: many pictures, and still little of the memory there is."""
_COMPOUND = bytes.fromhex("d0cf11e0a1b11ae1")
"""Begins both an old `.xls` and an encrypted workbook ([MS-CFB] 2.2)."""
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
"""The stream that holds an encrypted workbook ([MS-OFFCRYPTO] 2.3.4.4)."""
_ZIP = b"PK\x03\x04"
_HEAD = 1 << 16
"""Bytes, in which a flat `.fods` tells what it is."""
_SHEETS = (".xlsx", ".xlsm", ".xls", ".ods", ".csv")


def open_workbook(path: Path, vocabulary: Vocabulary = USUAL) -> Workbook:
    """Open an `.xlsx`, `.xlsm`, `.xls`, `.ods`, `.fods` or `.csv`.

    Raises `Refusal`, saying what to do, for anything else.

    `vocabulary`: the headers to look for, by which the separator of a `.csv` is known.
    """
    data = _bytes(path)
    if data.startswith(_ZIP):
        return _zipped(path, data)
    # Most sheets are .xlsx: what reads the others is imported when there is one.
    from sync.sheet.files.apart import Apart
    from sync.sheet.files.compound import OLD
    from sync.sheet.files.delimited import Delimited
    from sync.sheet.files.mended import packed
    from sync.sheet.files.opendocument import CONTENT, is_flat

    if data.startswith(_COMPOUND):
        if _ENCRYPTED in data:
            raise Refusal(say("sheet.encrypted", file=path.name))
        return Apart(path, data)
    if data.startswith(OLD):
        raise Refusal(say("sheet.too_old", file=path.name))
    if is_flat(data[:_HEAD]):
        return Apart(path, packed({CONTENT: data}).getvalue())
    return Delimited(path, data, vocabulary)


def _zipped(path: Path, data: bytes) -> Workbook:
    try:
        package = Package(data)
        is_openxml = is_workbook(package)
    except TooMuch as error:
        raise Refusal(say("sheet.too_large", file=path.name)) from error
    except DAMAGED as error:
        raise Refusal(say("sheet.damaged", file=path.name)) from error
    if is_openxml:
        return OpenXml(path, data)
    from sync.sheet.files.apart import Apart
    from sync.sheet.files.opendocument import CONTENT

    if CONTENT in package:
        return Apart(path, data)
    raise Refusal(say(_unread(package), file=path.name))


def sheet_id_in(path: Path) -> str | None:
    """Return the id that a file bears; "": none, None: there is no file, or it can't be read."""
    try:
        data = _bytes(path)
        package = Package(data) if data.startswith(_ZIP) else None
    except (Refusal, *DAMAGED, TooMuch):
        return None
    return sheet_id_of(package) or "" if package else ""


def _unread(package: Package) -> str:
    """Return the code of the message for a zip of another kind."""
    if any(name.endswith("workbook.bin") for name in package.names):
        return "sheet.other_format"
    return "sheet.zipped" if any(name.endswith(_SHEETS) for name in package.names) else "sheet.not_workbook"


def _bytes(path: Path) -> bytes:
    try:
        if path.is_dir():
            raise Refusal(say("sheet.folder", file=str(path)))
        if path.exists() and not path.is_file():
            # A pipe would be waited for, for ever, and nothing could be written back.
            raise Refusal(say("sheet.no_file", file=str(path)))
        with path.open("rb") as file:
            data = file.read(_MOST_BYTES + 1)
    except (FileNotFoundError, NotADirectoryError):
        raise Refusal(say("sheet.missing", file=str(path))) from None
    except OSError as error:
        raise Refusal(say("sheet.unreadable", file=str(path), reason=error.strerror or str(error))) from error
    if len(data) > _MOST_BYTES:
        raise Refusal(say("sheet.too_large", file=path.name))
    return data

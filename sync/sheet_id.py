"""How state names a sheet: by an id that stands in the workbook, and not by where the file happens to be
(docs/reference/state.md#sheets)."""

from __future__ import annotations

import re
from pathlib import PurePosixPath, PureWindowsPath
from uuid import UUID, uuid4, uuid5

_ID = re.compile(r"[0-9a-f]{32}")
_PLACES = UUID("6f1d7a52-3c0e-4a51-9d5b-2f8f3a6d9c11")
"""The name space of ids that follow from a path."""
_OF_WINDOWS = re.compile(r"[A-Za-z]:[\\/]|\\\\")


def new_sheet_id() -> str:
    """Return an id that no other sheet has."""
    return uuid4().hex


def as_sheet_id(text: str) -> str:
    """Return the id of a sheet that a record names; state 2.0 and before wrote the sheet's path instead."""
    return text if not text or is_sheet_id(text) else uuid5(_PLACES, text).hex


def is_sheet_id(text: str) -> bool:
    """Tell whether a text is an id of a sheet; what stands in a workbook may be anything."""
    return _ID.fullmatch(text) is not None


def file_name(place: str) -> str:
    """Return what people call the file at a path, whichever system the path is of."""
    return (PureWindowsPath(place) if _OF_WINDOWS.match(place) else PurePosixPath(place)).name or place

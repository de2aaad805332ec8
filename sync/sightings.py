"""Which sheet a file is: by what stands in it, else by where it is (docs/reference/state.md#sheets)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sync.sheet_id import new_sheet_id


@dataclass(frozen=True)
class Sighting:
    """A sheet, as it was found when a run began."""

    id: str
    place: str
    """Where it was: a file's path, or whatever finds a sheet that is kept elsewhere."""
    bears: str = ""
    """The id that stood in the workbook; empty: none did."""
    digest: str = ""
    """Of an uploaded workbook: the SHA-256 of what was uploaded; empty: staff keep the sheet at its place."""
    at: datetime | None = None
    """When; None: it is known from a run of state 2.0 or before, which noted no more than the place."""


@dataclass(frozen=True)
class Found:
    """A file as it stands now."""

    place: str
    bears: str = ""
    digest: str = ""


@dataclass(frozen=True)
class Recognised:
    """Which sheet a file is."""

    id: str
    was_at: str = ""
    """Where the same sheet was seen last, if this place is new for it."""
    copy_of: str = ""
    """Where the sheet is whose copy this file is; empty: it is none. A copy is a sheet of its own."""
    is_new: bool = False
    """Whether nothing tells of any sheet that it could be."""


Bears = Callable[[str], str | None]
"""Which id the file at a place bears now; "": none, None: there is no such file."""


def recognise(found: Found, sightings: Sequence[Sighting], bears: Bears) -> Recognised:
    """Return which sheet a file is.

    The id in a workbook goes before its place. A file without an id is the sheet that was last seen at its place, or
    of an upload, the one that was uploaded with the same content. An id that nobody here knows comes from another
    state; it is taken over, unless the place is known.

    Of two files that bear one id, the one where the sheet was seen last is the sheet, and the other is a copy, as
    long as both can be seen.
    """
    here = newest(one for one in sightings if one.place == found.place)
    if not found.bears:
        known = newest(one for one in sightings if found.digest and one.digest == found.digest) or here
        return Recognised(known[0].id) if known else Recognised(new_sheet_id(), is_new=True)
    # Either as it was then, or with the results that gave it this id.
    if same := [one for one in here if found.bears in (one.bears, one.id)]:
        return Recognised(same[0].id)
    its = [one for one in sightings if one.id == found.bears]
    related = newest(its) or newest(one for one in sightings if one.bears == found.bears)
    if not related:
        return Recognised(here[0].id if here else found.bears)
    return _elsewhere(found, related[0].id, sightings, bears)


def _elsewhere(found: Found, id: str, sightings: Sequence[Sighting], bears: Bears) -> Recognised:
    """Return which sheet a file is that bears the id of a sheet which was seen elsewhere."""
    seen = newest(one for one in sightings if one.id == id)
    kept = [one for one in seen if not one.digest]
    if kept and not found.digest and bears(kept[0].place) in ("", found.bears):
        return Recognised(new_sheet_id(), copy_of=kept[0].place)
    return Recognised(id, was_at="" if found.digest else seen[0].place)


def newest(sightings: Iterable[Sighting]) -> list[Sighting]:
    """Return the newest first; what only an old run tells comes last."""
    return sorted(sightings, key=lambda one: one.at.timestamp() if one.at else 0.0, reverse=True)

"""Rows whose code only looks like another's are held back: a second item is harder to undo than a question
(docs/reference/sheet.md#look-alikes)."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from sync.codes import as_code, likeness, spelt_code, split_key
from sync.fields import ITEM_ID, OUTER_ID
from sync.item import Row
from sync.messages import Level, Message, Problem, say
from sync.plan.identity import Memory, other_looks
from sync.rows import Rows


def look_alikes(
    rows: Sequence[Row], memory: Memory, as_new: Collection[str] = (), sheet: Sequence[Row] = ()
) -> Mapping[int, Problem]:
    """Return why rows are held back, by their index in `rows`.

    A code that state knows means its own item, and so does an id; only what would become a new item is in question.
    `as_new`: codes of which a person said that they really are another item's. `sheet`: all rows of the sheet, where
    `rows` are a part of it.
    """
    rows = Rows.of(rows)
    codes, ids = rows.codes, rows.item_ids
    # Of nearly every row the code is the one by which state knows its id, or state knows neither.
    pairs = enumerate(zip(codes, memory.owners(ids), strict=True)) if memory.baselines else ()
    odd = [index for index, (code, owner) in pairs if owner not in (None, code) and code and code not in as_new]
    found = {index: problem for index, row in _at(rows, odd) if (problem := _of_owner(row, memory))}
    unnamed = [index for index, item_id in enumerate(ids) if item_id is None] if None in ids else ()
    new = [index for index in unnamed if (code := codes[index]) and code not in as_new and not memory.knows(code)]
    if not new:
        return found
    others = _Others(memory, sheet or rows, {likeness(codes[index]) for index in new})
    return found | {index: problem for index, row in _at(rows, new) if (problem := others.problem(row))}


def _at(rows: Rows, places: Sequence[int]) -> Iterator[tuple[int, Row]]:
    return zip(places, rows.at(places), strict=True)


def _is_new(row: Row, memory: Memory) -> bool:
    return row.item_id is None and not memory.knows(row.outer_id)


def _of_owner(row: Row, memory: Memory) -> Problem | None:
    owner = memory.owner(row.item_id) if row.item_id else None
    if owner in (None, memory.spelling(row.outer_id)) or likeness(owner) != likeness(row.outer_id):
        return None
    own = memory.baselines.get(row.outer_id)
    if own is not None and as_code(owner) == row.outer_id:
        ids = {"id": row.item_id, "code": spelt_code(owner), "shown": row.outer_id, "own": own.item_id or "-"}
        return Problem(row.addresses.get(ITEM_ID), say("id.second", **ids), Level.WARNING)
    return other_looks(row, owner)


class _Others:
    """What the new codes may be mistaken for."""

    def __init__(self, memory: Memory, sheet: Sequence[Row], looks: Collection[str]) -> None:
        self._known: dict[str, str] = {}
        for code in memory.baselines:
            if split_key(code)[1] is None and (key := likeness(code)) in looks and memory.knows(code):
                self._known.setdefault(key, code)
        self._rows: dict[str, list[Row]] = {}
        # Rows that mean an item which is there already come first: theirs is the code to type.
        rows = Rows.of(sheet)
        alike = [place for place, code in enumerate(rows.codes) if code and likeness(code) in looks]
        for row in sorted(rows.at(alike), key=lambda row: _is_new(row, memory)):
            self._rows.setdefault(likeness(row.outer_id), []).append(row)

    def problem(self, row: Row) -> Problem | None:
        """Return why a row whose code is new is held back; None: it looks like no other."""
        key = likeness(row.outer_id)
        if (known := self._known.get(key)) is not None:
            remedy = say("code.looks_like.type", other=spelt_code(known))
            return _held(row, known, say("code.looks_like.known"), remedy)
        for other in self._rows[key]:
            if other.outer_id != row.outer_id:
                where = other.addresses.get(OUTER_ID) or str(other.number)
                return _held(
                    row, other.outer_id, say("code.looks_like.row", cell=where), say("code.looks_like.keep_one")
                )
        return None


def _held(row: Row, other: str, where: Message, remedy: Message) -> Problem:
    code = row.outer_id
    typed = code if code.isascii() and code.replace("-", "").isalnum() else f'"{code}"'
    message = say(
        "code.looks_like", shown=spelt_code(code), other=spelt_code(other), code=typed, where=where, remedy=remedy
    )
    return Problem(row.addresses.get(OUTER_ID), message, Level.WARNING)

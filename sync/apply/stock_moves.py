"""Which 库存增减 were made of each item, so that none is made again unseen
(docs/reference/outcomes.md#inventory-changes-are-made-once)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from sync.apply.run import result_from
from sync.remembered import Made
from sync.state.answers import moves_taken_as_made
from sync.state.item_history import moved_rows, renames
from sync.state.store import Store

_Renames = Mapping[str, Mapping[int, str]]


def made_of(store: Store, codes: Iterable[str]) -> Mapping[str, Sequence[Made]]:
    """Return the changes that were made under each of `codes`, the oldest first; a code without any isn't in it.

    An item that got another code keeps its history. What an undo took back was made all the same: an old copy of the
    sheet that says it again is still an old copy.
    """
    codes = {*codes}
    if not codes:
        return {}
    renamed = renames(store)
    by_code = _by_code(store, {each for code in codes for each in _names(code, renamed)})
    stories = ((code, sorted(_story(code, None, renamed, by_code), key=lambda made: made.at)) for code in codes)
    return {code: story for code, story in stories if story}


def _by_code(store: Store, codes: set[str]) -> Mapping[str, Sequence[Made]]:
    found: dict[str, list[Made]] = {}
    runs = {run.id: run for run in store.runs(counted=False)}
    for row in moved_rows(store, codes):
        result = result_from(row.ended)
        if result.change_applied is not None and result.at is not None:
            made = Made(result.change_applied, row.run, result.at, runs[row.run].sheet_id)
            found.setdefault(row.outer_id, []).append(made)
    # What no cell asked for, an undo's move, no cell says again.
    undos = {run.id for run in runs.values() if run.undoes is not None}
    for one in moves_taken_as_made(store):
        if one.outer_id in codes and one.run not in undos:
            found.setdefault(one.outer_id, []).append(Made(one.moved_by, one.run, one.at, runs[one.run].sheet_id))
    return found


def _names(code: str, renamed: _Renames) -> Iterator[str]:
    """Yield every code that items of `code` had."""
    seen: set[str] = set()
    left = [code]
    while left:
        name = left.pop()
        if name not in seen:
            seen.add(name)
            yield name
            left += renamed.get(name, {}).values()


def _story(code: str, before: int | None, renamed: _Renames, by_code: Mapping[str, Sequence[Made]]) -> Iterator[Made]:
    """Yield what was made under `code` before a run, as long as it meant this item; then under its earlier one."""
    runs = [run for run in renamed.get(code, {}) if before is None or run < before]
    since = max(runs, default=0)
    yield from (one for one in by_code.get(code, ()) if one.run >= since and (before is None or one.run < before))
    if runs:
        yield from _story(renamed[code][since], since, renamed, by_code)

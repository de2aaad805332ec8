"""What the platform holds by now, for some cells of a sheet → what to write into which cells."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sync.fields import CATEGORY, Column
from sync.item import Path, Value
from sync.sheet.columns import Layout
from sync.sheet.making.sayable import Speech
from sync.sheet.typed import Typed, typed


def cells_for(
    values: Mapping[Path, Value | None], layout: Layout, speech: Speech
) -> tuple[dict[str, Typed | None], tuple[Path, ...]]:
    """Return what the cells of one row are to hold, by column, and the paths whose value no cell can say."""
    unsaid = tuple(path for path, value in values.items() if value is not None and not speech.says(path, value))
    said = ((path, value) for path, value in values.items() if path not in unsaid)
    return {key: held for path, value in said for key, held in _cells(path, value, layout)}, unsaid


def _cells(path: Path, value: Value | None, layout: Layout) -> Iterator[tuple[str, Typed | None]]:
    if path != CATEGORY:
        yield path, None if value is None else typed(path, value, layout.language)
        return
    names = value if isinstance(value, tuple) else (None, None)
    if CATEGORY in layout.columns:
        yield CATEGORY, ">".join(value) if isinstance(value, tuple) else None
    else:
        yield from zip((Column.CATEGORY_1, Column.CATEGORY_2), names, strict=True)

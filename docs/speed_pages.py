"""The table of `reference/speed.md`: what the benches measured at the last release, in the words of `speed.toml`.

`python -m docs.speed_pages` writes it anew.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from docs.markdown import table
from sync.messages import Language
from tests.bench.ratio import Ratio, last

_FOLDER = Path(__file__).parent
PAGES: Mapping[Language, Path] = {
    "en": _FOLDER / "reference" / "speed.md",
    "zh": _FOLDER / "reference" / "speed.zh.md",
}
_HEADER: Mapping[Language, tuple[str, ...]] = {
    "en": ("what", "against", "limit", "last release", "what bounds it"),
    "zh": ("量的是什么", "和什么比", "限度", "上一版", "时间花在哪里"),
}
_NOT_KEPT: Mapping[Language, str] = {"en": ", not kept", "zh": "，没守住"}
_TABLE = re.compile(r"^\|.*\n(?:\|.*\n)+", re.M)


@cache
def words() -> Mapping[str, Any]:
    """Return the words of `speed.toml`: `lines` by what was measured, `peers` by what it was measured against."""
    told: Mapping[str, Any] = tomllib.loads((_FOLDER / "speed.toml").read_text(encoding="utf-8"))
    return told


def page(language: Language) -> str:
    """Return the page with its table made anew; what has no words in `speed.toml` is told in the bench's own."""
    made = table(_HEADER[language], (_cells(one, language) for one in last()))
    return _TABLE.sub(lambda _: made, PAGES[language].read_text(encoding="utf-8"), count=1)


def _cells(ratio: Ratio, language: Language) -> tuple[str, ...]:
    line = words()["lines"].get(ratio.what, {})
    what, against = ratio.what, ratio.peer
    if language == "zh":
        what, against = line.get("what", what), words()["peers"].get(against, against)
    return (
        what,
        against,
        ratio.bound,
        f"{ratio.now:g}" + _NOT_KEPT[language] * (not ratio.kept),
        line.get(language, ""),
    )


def main() -> None:
    """Write the tables anew."""
    for language, file in PAGES.items():
        file.write_text(page(language), encoding="utf-8")


if __name__ == "__main__":
    main()

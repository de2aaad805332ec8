"""Write the copies that staff read, `templates/` and `samples/`, as the code makes them: `make samples`."""

from __future__ import annotations

import json
import shutil
import zipfile
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from sync.demo.shop import shop_documents
from sync.demo.workbook import write_this_week
from sync.sheet.making.template import write_template

ROOT = Path(__file__).parents[1]


def write_shop(path: Path) -> None:
    """Write the sample shop's raw documents, as the sandbox can be given them."""
    path.write_text(json.dumps(shop_documents(), ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


COPIES: tuple[tuple[str, Callable[[Path], None]], ...] = (
    ("templates/商品表.xlsx", partial(write_template, language="zh")),
    ("templates/items.xlsx", partial(write_template, language="en")),
    ("samples/shop.json", write_shop),
    ("samples/weekly.xlsx", write_this_week),
)
"""Each copy, from the project's root, and what writes it."""


def contents(path: Path) -> Mapping[str, bytes]:
    """Return what a copy says, part by part; of a workbook, without the part that holds the time of writing."""
    if path.suffix != ".xlsx":
        return {path.name: path.read_bytes()}
    with zipfile.ZipFile(path) as book:
        return {name: book.read(name) for name in book.namelist() if name != "docProps/core.xml"}


def refresh(copy: Path, write: Callable[[Path], None]) -> bool:
    """Write `copy` anew if it says something else than the code; return whether it did."""
    with TemporaryDirectory() as folder:
        fresh = Path(folder) / copy.name
        write(fresh)
        # A workbook is never the same bytes twice, so one that still says the same is left alone.
        if copy.exists() and contents(copy) == contents(fresh):
            return False
        copy.parent.mkdir(exist_ok=True)
        shutil.copyfile(fresh, copy)
        return True


def main() -> None:
    """Refresh every copy."""
    for name, write in COPIES:
        print(name, "written" if refresh(ROOT / name, write) else "unchanged")


if __name__ == "__main__":
    main()

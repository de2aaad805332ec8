"""Files as other programs leave them, from the preview to the results."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
from openpyxl import load_workbook

from sync.fields import PRICE
from sync.sandbox.server import Sandbox
from tests.cli.conftest import Command
from tests.cli.small_shop import held, item_id, line, results, type_in, write

DONE = "完成"
NAMES = "urn:oasis:names:tc:opendocument:xmlns:"


def _moved(sheet: Path) -> None:
    """Put the workbook's part elsewhere, and write it in UTF-16."""
    with zipfile.ZipFile(sheet) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(sheet, "w") as archive:
        for name, content in parts.items():
            text = content.decode().replace("xl/workbook.xml", "book/main.xml")
            new = name.replace("xl/workbook.xml", "book/main.xml").replace("xl/_rels/workbook", "book/_rels/main")
            declared = text.replace('<?xml version="1.0"?>', "").replace(' encoding="UTF-8"', ' encoding="UTF-16"')
            archive.writestr(new, declared.encode("utf-16"))


def test_a_workbook_that_stands_elsewhere_takes_its_results(
    synced: Path, itemsync: Command, sandbox: Sandbox
) -> None:
    type_in(synced, "A-1", "价格", 23)
    _moved(synced)
    assert itemsync("apply", synced, "--yes").code == 0
    assert held(sandbox, "A-1")[PRICE] == 2300
    assert "发布 0   修改 0" in itemsync("plan", synced).out
    with zipfile.ZipFile(synced) as archive:
        assert DONE.encode() in b"".join(archive.read(name) for name in archive.namelist())


def test_a_flat_table_of_libreoffice_has_its_results_beside_it(
    folder: Path, itemsync: Command, sandbox: Sandbox
) -> None:
    rows = (("商家编码", "商品ID", "价格"), ("A-1", str(item_id("A-1")), "24"))
    cell = '<table:table-cell office:value-type="string"><text:p>{}</text:p></table:table-cell>'
    table = "".join(f"<table:table-row>{''.join(map(cell.format, row))}</table:table-row>" for row in rows)
    declared = " ".join(f'xmlns:{name}="{NAMES}{name}:1.0"' for name in ("office", "table", "text"))
    sheet = folder / "weekly.fods"
    sheet.write_text(
        f'<office:document {declared} office:mimetype="application/vnd.oasis.opendocument.spreadsheet"><office:body>'
        f"<office:spreadsheet><table:table>{table}</table:table></office:spreadsheet></office:body></office:document>",
        encoding="utf-8",
    )
    assert itemsync("apply", sheet, "--yes").code == 0
    assert held(sandbox, "A-1")[PRICE] == 2400
    assert results(folder / "weekly.results.xlsx") == {"A-1": DONE}


@pytest.mark.parametrize("command", ["check", "plan"])
def test_a_hidden_column_is_noted(synced: Path, itemsync: Command, command: str) -> None:
    write(synced, line("A-1", 价格=25))
    assert "被隐藏" not in itemsync(command, synced).err
    book = load_workbook(synced)
    book.worksheets[0].column_dimensions["F"].hidden = True
    book.save(synced)
    told = itemsync(command, synced)
    assert (told.code, "“价格”（F 列）在表里被隐藏了" in "".join(f"{told.out}{told.err}".split("\n"))) == (0, True)

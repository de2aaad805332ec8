"""Excel's tables (`xl/tables/`): columns added right beside one become part of it, as if staff had typed them."""

from __future__ import annotations

from collections.abc import Iterable

from lxml import etree

from sync.sheet.files.addresses import Range
from sync.sheet.tags import like
from sync.sheet.writeback.parts import parse, serialised
from sync.sheet.writeback.row_matching import Columns


def with_columns(xml: bytes, columns: Columns, header_row: int, merges: Iterable[Range]) -> bytes | None:
    """Return the table with the new columns; None: they aren't right beside it, or it must not grow.

    It must not where its columns are those of a query or of XML data, where it has a column of that name already, or
    where it would take in merged cells: Excel repairs a workbook with such a table.
    """
    table = parse(xml)
    range = _range(table)
    if not adjoins(range, columns, header_row):
        return None
    wider = range.up_to(columns.new[-1].column)
    if any(each.overlaps(wider) for each in merges):
        return None
    names = table.find("{*}tableColumns")
    taken = {each.get("name", "").casefold() for each in table.iterfind("{*}tableColumns/{*}tableColumn")}
    if names is None or not _may_grow(table) or taken & {each.header.casefold() for each in columns.new}:
        return None
    for each in (table, *table.iterfind("{*}autoFilter"), *table.iter("{*}sortState")):
        # Sorted so again, the new columns must go with their rows.
        each.set("ref", str(_range(each).up_to(wider.right)))
    id = max((int(each.get("id", "0")) for each in names), default=0)
    for number, column in enumerate(columns.new, start=id + 1):
        etree.SubElement(names, like(names, "tableColumn"), id=str(number), name=column.header)
    names.set("count", str(len(names)))
    return serialised(table)


def range_of(xml: bytes) -> Range:
    """Return where the table stands; raises ValueError, and `lxml.etree.XMLSyntaxError`."""
    return _range(parse(xml))


def _range(element: etree._Element) -> Range:
    return Range.of(element.get("ref", ""))


def adjoins(range: Range, columns: Columns, header_row: int) -> bool:
    """Whether the range is that of the items, and has the new columns right beside it.

    Staff may keep another table between: sorted by itself, it would part the results from their rows.
    """
    of_items = range.top == header_row and range.left <= columns.key <= range.right
    return of_items and bool(columns.new) and range.right + 1 == columns.new[0].column


def _may_grow(table: etree._Element) -> bool:
    return table.get("headerRowCount", "1") != "0" and table.get("tableType", "worksheet") == "worksheet"

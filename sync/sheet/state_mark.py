"""Which state wrote into a workbook, and by which id it knows it: custom properties of the workbook
(docs/reference/guards.md#repeat, docs/reference/state.md#sheets)."""

from __future__ import annotations

from typing import NamedTuple

from lxml import etree

from sync.sheet.tags import like

PART = "docProps/custom.xml"
KINDS = {False: "custom-properties", True: "customProperties"}
"""Of the relation by which the package points to custom properties, in the strict form or the usual one."""
NAME = "itemsync state"
SHEET = "itemsync sheet"
_NAMESPACES = {
    False: (
        "http://schemas.openxmlformats.org/officeDocument/2006/custom-properties",
        "http://schemas.openxmlformats.org/officeDocument/2006/docPropsVTypes",
    ),
    True: (
        "http://purl.oclc.org/ooxml/officeDocument/customProperties",
        "http://purl.oclc.org/ooxml/officeDocument/docPropsVTypes",
    ),
}
"""Of properties and of their types, in the strict form or the usual one (ECMA-376 part 1, 15.2.12.2; part 4)."""
_USERS = "{D5CDD505-2E9C-101B-9397-08002B2CF9AE}"
"""The set to which properties of a user's own belong ([MS-OLEPS] 2.18)."""


class Mark(NamedTuple):
    """What a state writes of itself into a workbook."""

    state: str
    """Its id."""
    takes_over: bool = False
    """Also where the workbook names another state: no row of that one's is left in it."""
    sheet: str = ""
    """The sheet's id; empty: the one that stands there stays."""


def marked(root: etree._Element | None, name: str = NAME) -> str | None:
    """Return the state that custom properties name, or what else they say under `name`; None: nothing."""
    found = _property(root, name)
    return "".join(map(str, found.itertext())).strip() or None if found is not None else None


def with_mark(root: etree._Element | None, mark: Mark, *, strict: bool) -> etree._Element | None:
    """Return custom properties that say what `mark` says; None: nothing is to change.

    Where they name another state, and `mark` doesn't take over, the sheet's id is that state's to write too.
    `strict`: the workbook is of the format's strict form.
    """
    if marked(root) not in (None, mark.state) and not mark.takes_over:
        return None
    wanted = {NAME: mark.state, SHEET: mark.sheet or marked(root, SHEET)}
    missing = {name: text for name, text in wanted.items() if text and marked(root, name) != text}
    if not missing:
        return None
    if root is None:
        root = etree.fromstring(f'<Properties xmlns="{_NAMESPACES[strict][0]}" xmlns:vt="{_NAMESPACES[strict][1]}"/>')
    for name, text in missing.items():
        _put(root, name, text, _NAMESPACES[strict][1])
    return root


def _put(root: etree._Element, name: str, text: str, types: str) -> None:
    found = _property(root, name)
    if found is None:
        ids = [int(id) for each in root.iterchildren("*") if (id := each.get("pid", "")).isdecimal()]
        facts = {"fmtid": _USERS, "pid": str(max([1, *ids]) + 1), "name": name}
        found = etree.SubElement(root, like(root, "property"), facts)
    for each in list(found):
        found.remove(each)
    etree.SubElement(found, f"{{{types}}}lpwstr").text = text


def _property(root: etree._Element | None, name: str) -> etree._Element | None:
    every = root.iterchildren("{*}property") if root is not None else ()
    return next((each for each in every if each.get("name") == name), None)

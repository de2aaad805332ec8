"""Tags of XML, as a document of unknown make has them."""

from __future__ import annotations

from lxml import etree


def like(element: etree._Element, name: str) -> str:
    """Return the tag `name` in the namespace of `element`; a damaged document may have none."""
    namespace = etree.QName(element).namespace
    return f"{{{namespace}}}{name}" if namespace else name

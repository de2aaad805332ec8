"""The XML in which `alibaba.item.edit.*` tells and takes a listing's fields
(docs/explanation/platform.md#ordinary-listings)."""

from __future__ import annotations

from collections.abc import Mapping
from xml.sax.saxutils import escape, quoteattr

from lxml import etree

from sync.sandbox.assumptions import Assumptions
from sync.sandbox.listing import LONGEST_TITLE, Listing, isv, skus_of

FIELDS = ("title", "price", "quantity")
_NAMES = {"title": "商品标题", "price": "一口价", "quantity": "总数量"}
_PARSER = etree.XMLParser(resolve_entities=False, no_network=True)


def written(listing: Listing, assumptions: Assumptions) -> str:
    """Return the schema of a listing: what holds now, and what is allowed.

    *Assumed:* what has SKUs has its price and its stock there, and nothing to be changed beside them.
    """
    held = {"title": listing.get("title"), "price": listing.get("price"), "quantity": listing["num"]}
    shown = [name for name in FIELDS if name != "price" or assumptions.fast_price]
    fixed = FIELDS[1:] if skus_of(listing) else ()
    return f"<itemSchema>{''.join(_field(name, held[name], fixed=name in fixed) for name in shown)}</itemSchema>"


def read(schema: str, assumptions: Assumptions) -> Mapping[str, str]:
    """Return the fields that a client sends, by id; raises Rejected for what is no schema, and for other fields."""
    try:
        root = etree.fromstring(schema.encode(), _PARSER)
    except etree.XMLSyntaxError:
        raise isv("invalid-parameter:schema", "schema格式错误") from None
    sent = {str(field.get("id")): str(field.findtext("value") or "") for field in root.iter("field")}
    known = [name for name in FIELDS if name != "price" or assumptions.fast_price]
    if root.tag != "itemSchema" or not sent or not sent.keys() <= set(known):
        raise isv("invalid-parameter:schema", "schema中没有可修改的字段")
    return sent


def _field(name: str, value: object, *, fixed: bool) -> str:
    rules = [("requiredRule", "true"), *([("readOnlyRule", "true")] if fixed else [])]
    if name == "title":
        rules.append(("maxLengthRule", str(LONGEST_TITLE)))
    ruled = "".join(f"<rule name={quoteattr(rule)} value={quoteattr(said)}/>" for rule, said in rules)
    held = "" if value is None else f"<value>{escape(str(value))}</value>"
    return f'<field id="{name}" name="{_NAMES[name]}" type="input"><rules>{ruled}</rules>{held}</field>'

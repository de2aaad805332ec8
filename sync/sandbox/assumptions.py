"""What docs/explanation/platform.md only *assumes* about the platform: one switch a fact, so that the tool is tried
both ways.

Nobody here has seen the live platform. Each switch stands as assumed; `OTHER_WAY` turns them over one by one, and
`--faults` by their names (`spec.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any


@dataclass(frozen=True)
class Assumptions:
    """How this platform behaves where its documents leave it open."""

    wrap_result: bool = False
    """Answers: an answer's fields stand directly in the envelope. Other way: in a further `result`."""
    ids_as_text: bool = False
    """One call: ids are JSON numbers. Other way: text, in answers and inside the item."""
    foreign_id_refused: bool = True
    """Publishing: an `itemId` not made by `id.generate` is refused, as the document's table of keys says.
    Other way: it has no effect and a new id is given, as the document's text on duplicates says."""
    used_id_refused: bool = True
    """Publishing: an `itemId` that was published more than a few minutes ago is refused. (Our own gap: the
    seed only says "a few minutes".) Other way: still recognised, the same id is returned, nothing is changed."""
    modify_sets_inventory: bool = True
    """Editing: "can change every field", so the inventory too. Other way: it is ignored there."""
    nested_replaced: bool = True
    """Editing: a nested custom object is replaced whole. Other way: merged key by key."""
    read_only_ignored: bool = True
    """Reserved keys: writing a read-only key has no effect. Other way: the whole call is refused."""
    incr_turns_on: bool = False
    """Stock, incr: an item stays inactive when its stock is raised from 0. Other way: it turns active."""
    decr_below_zero_refused: bool = True
    """Stock, decr: taking more than there is is refused. Other way: the stock stops at 0."""
    listing_off_at_zero: bool = True
    """Ordinary listings: a listing whose stock is set or sold to 0 goes off sale. Other way: it stays on sale,
    empty."""
    restock_lists: bool = False
    """Ordinary listings: a listing stays off sale when its stock is raised from 0. Other way: it goes on sale."""
    listing_price_follows: bool = True
    """SKUs: a listing's own price is the lowest of its SKUs'. Other way: it stays as it is."""
    sku_add_stops_at_zero: bool = True
    """SKUs: what takes more units than there are stops at 0. Other way: the whole call is refused."""
    fast_price: bool = True
    """Editing listings: the schema has a field for the price. Other way: it has none, and one that is sent is
    refused."""
    fast_price_ignored: bool = False
    """Editing listings: a price that is sent is kept. Other way: the platform says yes, and the price stays."""
    lists_show_skus: bool = False
    """Lists: the pages of a shop show no SKUs, though asked to. Other way: they do."""
    messages_need_permit: bool = True
    """Messages: only a seller who permitted them gets any. Other way: every seller does."""
    messages_lost: bool = False
    """Messages: each arrives. Other way: every second one is lost."""
    messages_twice: bool = False
    """Messages: none comes again once it was confirmed. Other way: each comes once more."""
    messages_out_of_order: bool = False
    """Messages: they come in the order of what they tell. Other way: the newest come first."""
    empty_list_omitted: bool = True
    """Ordinary listings: where there is nothing to list, `items` is missing. Other way: it is an empty list."""
    one_as_object: bool = False
    """Answers: a list of one is a list. Other way: it is the one object."""
    tmall_envelope: bool = False
    """Answers: an answer's envelope has the method's name. Other way: `…_tmall_response`."""
    folds_spaces: bool = False
    """Texts are kept as they are sent. Other way: without spaces around them, and with single ones within."""
    cuts_titles: bool = False
    """Titles of any length are kept. Other way: their first 30 characters."""
    escapes_entities: bool = False
    """Texts are kept as they are sent. Other way: with `&amp;` for `&`."""
    rounds_prices: bool = False
    """Prices are kept to the fen. Other way: those above 1,000 yuan to the yuan."""
    lag: float = 0.0
    """Seconds for which readings show an item as it was before a write, as a lagging replica would."""


SWITCHES: tuple[str, ...] = tuple(switch.name for switch in fields(Assumptions) if isinstance(switch.default, bool))
"""All but `lag`, which is a number."""
NORMALISING = ("folds_spaces", "cuts_titles", "escapes_entities", "rounds_prices")
"""By which a platform keeps what it is sent in a form of its own."""
OTHER_WAY: tuple[tuple[str, Assumptions], ...] = tuple(
    (name, replace(Assumptions(), **{name: not getattr(Assumptions, name)})) for name in SWITCHES
)
"""Each switch's name, with everything as assumed but that one."""


def turned(assumptions: Assumptions, by: Mapping[str, Any]) -> Assumptions:
    """Return the assumptions with some of them as `by` has them."""
    return replace(assumptions, **by) if by else assumptions

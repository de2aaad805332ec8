"""What TOP-PROTOCOL only *assumes* about items: one switch a fact, so that the tool is tried both ways.

Nobody here has seen the live platform. Each switch stands as assumed; `OTHER_WAY` turns them over one by one.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace


@dataclass(frozen=True)
class Assumptions:
    """How this platform behaves where its documents leave it open."""

    wrap_result: bool = False
    """Section 1: an answer's fields stand directly in the envelope. Other way: in a further `result`."""
    ids_as_text: bool = False
    """Section 1: ids are JSON numbers. Other way: text, in answers and inside the item."""
    foreign_id_refused: bool = True
    """Section 4, publish: an `itemId` not made by `id.generate` is refused, as seed 002's table of keys says.
    Other way: it has no effect and a new id is given, as the seed's text on duplicates says."""
    used_id_refused: bool = True
    """Section 4, publish: an `itemId` that was published more than a few minutes ago is refused. (Our own gap: the
    seed only tells of "a few minutes".) Other way: still recognised, the same id is returned, nothing is changed."""
    modify_sets_inventory: bool = True
    """Section 4, modify: "can change every field", so the inventory too. Other way: it is ignored there."""
    nested_replaced: bool = True
    """Section 4, modify: a nested custom object is replaced whole. Other way: merged key by key."""
    read_only_ignored: bool = True
    """Section 4, keys of `_sys`: writing a read-only key has no effect. Other way: the whole call is refused."""
    incr_turns_on: bool = False
    """Section 4, incr: an item stays inactive when its stock is raised from 0. Other way: it turns active."""
    decr_below_zero_refused: bool = True
    """Section 4, decr: taking more than there is is refused. Other way: the stock stops at 0."""
    listing_off_at_zero: bool = True
    """Section 5: a listing whose stock is set or sold to 0 goes off sale. Other way: it stays on sale, empty."""
    restock_lists: bool = False
    """Section 5: a listing stays off sale when its stock is raised from 0. Other way: it goes on sale."""
    empty_list_omitted: bool = True
    """Section 5: where there is nothing to list, `items` is missing. Other way: it is an empty list."""


OTHER_WAY: tuple[tuple[str, Assumptions], ...] = tuple(
    (switch.name, replace(Assumptions(), **{switch.name: not switch.default})) for switch in fields(Assumptions)
)
"""Each switch's name, with everything as assumed but that one."""

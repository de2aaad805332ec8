"""Which item of the platform a row means (docs/reference/three-way.md#identity)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from sync.baselines import Baselines
from sync.codes import as_code, likeness, spelt_code, split_key
from sync.fields import ITEM_ID, OUTER_ID, STATUS
from sync.item import Baseline, Item, Row, Status
from sync.messages import Level, Problem, say
from sync.values import Shown

if TYPE_CHECKING:
    from sync.plan.options import Options


@dataclass(frozen=True)
class Memory:
    """All baselines of a profile, by code, and the code that each item id belongs to."""

    baselines: Mapping[str, Baseline] = field(default_factory=dict)

    @cached_property
    def kept(self) -> Baselines:
        """The baselines, to be asked about all of them at once."""
        return Baselines.of(self.baselines)

    @cached_property
    def by_id(self) -> Mapping[str | None, str]:
        """By item id, the code under which state knows it."""
        return {item_id: code for code, item_id in self.kept.item_ids if item_id}

    def knows(self, code: str) -> bool:
        """Whether an item was ever known under `code`, be it deleted since; a code that never came to one is new."""
        known = self.baselines.get(self.spelling(code))
        return known is not None and (known.item_id is not None or known.deleted)

    def spelling(self, code: str) -> str:
        """Return the code under which state knows the item of `code`, as a cell is read today.

        An earlier version took what nobody sees for a part of the code; no cell can say such a one any more.
        """
        if code in self.baselines:
            return code
        return self._spellings.get(code) or code

    @cached_property
    def _spellings(self) -> Mapping[str, str | None]:
        found: dict[str, str | None] = {}
        for code in self.baselines:
            if split_key(code)[1] is None and (read := as_code(code)) != code:
                # Two codes that are read the same today: nobody can know which one is meant.
                found[read] = None if read in found else code
        return found

    def codes_of(self, code: str, item_id: str | None) -> frozenset[str]:
        """Return every code under which state may know an item that a row calls `code`."""
        owner = self.owner(item_id) if item_id else None
        return frozenset({code, self.spelling(code), owner or code})

    def owner(self, item_id: str) -> str | None:
        """Return the code under which state knows `item_id`."""
        return self.by_id.get(item_id)

    def owners(self, item_ids: Iterable[str | None]) -> Sequence[str | None]:
        """Return the code of each of `item_ids`, as `owner` does; of a row that has none, None."""
        return [*map(self.by_id.get, item_ids)]


class Outlook(NamedTuple):
    """How a listing that has SKUs will stand once its rows are carried out."""

    stock: int
    """Units, of all its SKUs."""
    price: int | None
    """The lowest of its SKUs' prices, in fen; None: none could be read."""


class FoundItem(NamedTuple):
    """What the platform answered about an id."""

    item: Item | None
    """None: it knows no such item, or the reading failed."""
    failure: Problem | None = None
    """Why the item couldn't be read; None: it was."""
    skus: Mapping[str, Item] = MappingProxyType({})
    """A listing's SKUs by their ids; empty: it has none."""


@dataclass(slots=True)
class RowIdentity:
    """The item that a row means: an id to read, or none for a new item. As `item.Row`, it isn't frozen."""

    item_id: str | None
    baseline: Baseline | None = None
    problem: Problem | None = None
    """Why the row can't be carried out: an error (the sheet is wrong), or a warning (a person must decide)."""
    renames: str | None = None
    """The code under which state knew this item until now (`--rekey`)."""
    outlook: Outlook | None = None
    """None: it is no listing that has SKUs."""


class LookedUp(NamedTuple):
    """What a search of the shop by a row's code came to."""

    item_ids: tuple[str, ...] = ()
    failure: Problem | None = None
    """Why nobody knows; None: these are all."""


def look_up(row: Row, found: LookedUp, memory: Memory, options: Options) -> RowIdentity:
    """Return the item that a row means which neither names an id nor is known: the one that the shop has."""
    if found.failure:
        return RowIdentity(None, problem=replace(found.failure, cell=row.addresses.get(OUTER_ID)))
    if len(found.item_ids) > 1:
        ids = ", ".join(found.item_ids)
        return RowIdentity(None, problem=Problem(row.addresses.get(OUTER_ID), say("id.several", ids=ids)))
    if not found.item_ids:
        return RowIdentity(None)
    return identify(replace(row, item_id=found.item_ids[0]), memory, options)


def identify(row: Row, memory: Memory, options: Options) -> RowIdentity:
    """Return the item that `row` means, before anything is read: its id, else state's, else it's new."""
    code = memory.spelling(row.outer_id)
    known = memory.baselines.get(code)
    renames = code if code != row.outer_id else None
    if known and known.deleted and not options.abilities.publishes:
        # Nothing was deleted from here, so whether there is such an item is for the shop to say.
        known = replace(known, deleted=False)
    if row.item_id is None:
        return _by_code(row, known, renames, options)
    owner = memory.owner(row.item_id)
    if owner not in (None, code):
        if not options.choices.rekey:
            problem = Problem(naming_cell(row), say("id.other_code", id=row.item_id, code=owner))
            return RowIdentity(row.item_id, problem=problem)
        return RowIdentity(row.item_id, memory.baselines[owner], renames=owner)
    if known is None or known.item_id != row.item_id:
        return RowIdentity(row.item_id)
    if known.deleted:
        return _deleted(row, known, options)
    return RowIdentity(row.item_id, known, renames=renames)


def _by_code(row: Row, known: Baseline | None, renames: str | None, options: Options) -> RowIdentity:
    if known is None or known.item_id is None:
        return RowIdentity(None)
    if known.deleted:
        return _deleted(row, known, options)
    return RowIdentity(known.item_id, known, renames=renames)


def _deleted(row: Row, known: Baseline, options: Options) -> RowIdentity:
    """An item that this tool deleted: nothing to read, and never silently published again."""
    if options.choices.republish:
        return RowIdentity(None)
    if row.cells.get(STATUS) == Status.DELETED:
        return RowIdentity(None, known)
    return RowIdentity(None, known, _held_back(row, "item.deleted"))


def check_found(row: Row, identity: RowIdentity, found: FoundItem, options: Options) -> Problem | None:
    """Return why the item that was read can't be taken as this row's; None: it can."""
    if found.failure:
        return found.failure
    if found.item is None and not options.abilities.publishes:
        return _held_back(row, "shop.not_found")
    if found.item is None:
        return _held_back(row, "item.gone" if identity.baseline else "item.not_found")
    theirs = found.item.get(OUTER_ID)
    if theirs in (None, "", row.outer_id):
        return None
    looks_alike = isinstance(theirs, str) and likeness(theirs) == likeness(row.outer_id)
    if looks_alike and row.outer_id not in options.choices.as_new:
        # State knows it by this very code, or no cell can say the platform's: then it is the platform that is odd.
        same = identity.baseline is not None or as_code(str(theirs)) == row.outer_id
        return None if same else other_looks(row, str(theirs))
    if options.choices.rekey:
        return None
    return Problem(naming_cell(row), say("id.other_outer_id", code=Shown(OUTER_ID, theirs)))


def other_looks(row: Row, code: str) -> Problem:
    """Say that the row's code differs only in looks from `code`, under which its item is known."""
    message = say("id.looks_like", shown=spelt_code(row.outer_id), code=spelt_code(code))
    return Problem(row.addresses.get(OUTER_ID), message, Level.WARNING)


def naming_cell(row: Row) -> str | None:
    """Return the cell that says which item is meant: its id, else its code."""
    return row.addresses.get(ITEM_ID) or row.addresses.get(OUTER_ID)


def _held_back(row: Row, code: str) -> Problem:
    return Problem(naming_cell(row), say(code), Level.WARNING)

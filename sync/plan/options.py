"""What a plan is made by, beside the sheet, the memory and the platform."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from sync.abilities import OPEN, Abilities
from sync.item import Item, Path, Row
from sync.limits import Limits
from sync.plan.rules import Rules


@dataclass(frozen=True)
class Settled:
    """What a person decided of one row of a preview."""

    by: str = ""
    """Who."""
    left_out: bool = False
    """The row is no part of this run."""
    paths: Mapping[Path, Literal["platform", "leave"]] = field(default_factory=dict)
    """Where the platform changed too: its value stays for good (`platform`), or until it is asked about again
    (`leave`)."""


@dataclass(frozen=True)
class Choices:
    """What a person chose of how a sheet is compared; the command line's options have the same names."""

    skip_conflicts: bool = False
    """Rows that the sheet and the platform changed are left for a person (`--on-conflict skip`)."""
    skip_drift: bool = False
    """Rows that only the platform changed are left for a person (`--on-drift skip`)."""
    rekey: bool = False
    """A code may be a new one of an item that state knows under another."""
    republish: bool = False
    """An item that is gone is published again."""
    as_new: frozenset[str] = frozenset()
    """Codes that look like another's, and are other items' all the same."""
    changed_only: bool = False
    """Read only items whose row changed since it was last carried out (`--refresh changed`)."""
    only: frozenset[str] | None = None
    """The codes whose rows are meant; None: all."""
    settled: Mapping[str, Settled] = field(default_factory=dict)
    """What was decided row by row, by `Row.key`."""


@dataclass(frozen=True)
class Options:
    """What a plan is made by: a person's choices, the profile's numbers, the channel's abilities, the rules."""

    file: str
    """The sheet's name, to tell whose values state remembers."""
    sheet_id: str = ""
    """Which sheet it is: next week's may have the same name, but not this week's cells."""
    names: frozenset[str] = frozenset()
    """Other names that the sheet had."""
    choices: Choices = field(default_factory=Choices)
    other_state: bool = False
    """Another state wrote the sheet's stamps, so that nobody here knows what they tell."""
    sheet: Sequence[Row] = ()
    """All rows of the sheet, where a part of them is planned."""
    limits: Limits = field(default_factory=Limits)
    publish: Item = field(default_factory=dict)
    """What a new item gets where its row says nothing."""
    verified: bool = True
    """Whether runs read back what they wrote."""
    abilities: Abilities = OPEN
    """What the channel can do."""
    rules: Rules | None = None
    """None: nobody asks for rules, and rows with a schedule are taken without it."""

"""What a plan is made by, beside the sheet, the memory and the platform."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from sync.item import Item, Row
from sync.limits import Limits
from sync.plan import abilities
from sync.plan.rules import Rules


@dataclass(frozen=True)
class Options:
    """What a person chose on the command line, and the profile's numbers."""

    file: str
    """The sheet's name, to tell whose values state remembers."""
    path: str = ""
    """The sheet's whole path: next week's may have the same name, but not this week's cells."""
    skip_conflicts: bool = False
    skip_drift: bool = False
    other_state: bool = False
    """Another state wrote the sheet's stamps, so that nobody here knows what they tell."""
    rekey: bool = False
    republish: bool = False
    as_new: frozenset[str] = frozenset()
    """Codes that look like another's, and of which a person said that they are other items'."""
    sheet: Sequence[Row] = ()
    """All rows of the sheet, where a part of them is planned."""
    changed_only: bool = False
    """Read only items whose row changed since it was last carried out."""
    limits: Limits = field(default_factory=Limits)
    publish: Item = field(default_factory=dict)
    """What a new item gets where its row says nothing."""
    verified: bool = True
    """Whether runs read back what they wrote."""
    abilities: abilities.Abilities = abilities.OPEN
    """What the channel can do."""
    rules: Rules | None = None
    """None: nobody asks for rules, and rows with a schedule are taken without it."""

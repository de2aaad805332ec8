"""What a worksheet of rules says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sync.messages import Problem

if TYPE_CHECKING:
    from sync.rule import Rule


@dataclass(frozen=True)
class RuleSheet:
    """What the sheet 规则 says; a workbook without one says nothing."""

    listed: tuple[Rule, ...] = ()
    """Those that are in use."""
    problems: tuple[Problem, ...] = ()
    """Errors, with any of which nothing may be done; warnings and notes. Each with its cell: `规则!C5`."""

"""What a worksheet of rules says."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sync.messages import Problem

if TYPE_CHECKING:
    from sync.rule import Rule


class RuleSheet(NamedTuple):
    """What the sheet 规则 says; a workbook without one says nothing."""

    listed: tuple[Rule, ...] = ()
    """Those that are in use."""
    problems: tuple[Problem, ...] = ()
    """Errors, with any of which nothing may be done; warnings and notes. Each with its cell: `规则!C5`."""

"""The guards' names, for whoever consents to some of them."""

from sync.plan.guards import NAMES, unknown_names

__all__ = ["NAMES", "unknown_names"]

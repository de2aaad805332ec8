"""itemsync: compare a shop's sheet with the platform, preview, apply, write the outcome back.

    from sync import Consent, Shop

    with Shop.open("main") as shop:
        plan = shop.plan("weekly.xlsx")
        run = shop.apply(plan, Consent(by="小林", guards=("price",)))

All that a program needs is here: the shop, what it returns, its events and its errors. The rooms behind it may
change.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sync.errors import (
        GatewayDown,
        GuardTripped,
        Locked,
        NeedsWorksheet,
        Overtaken,
        Refusal,
        StateDown,
        Unfinished,
        WrongShop,
    )
    from sync.service.checking import Checked
    from sync.service.events import Delivered, Event, Reading, RowEnded, Sent, Warned
    from sync.service.history import RunSummary
    from sync.service.planned import Planned as Plan
    from sync.service.request import Choices, Consent, PlanRequest
    from sync.service.run import Run
    from sync.service.sheet_port import Delivery, SheetSource
    from sync.service.shop import Shop

__version__ = "0.1.0"

_HOMES = {
    "sync.errors": (
        "GatewayDown",
        "GuardTripped",
        "Locked",
        "NeedsWorksheet",
        "Overtaken",
        "Refusal",
        "StateDown",
        "Unfinished",
        "WrongShop",
    ),
    "sync.service.checking": ("Checked",),
    "sync.service.events": ("Delivered", "Event", "Reading", "RowEnded", "Sent", "Warned"),
    "sync.service.history": ("RunSummary",),
    "sync.service.planned": ("Planned as Plan",),
    "sync.service.request": ("Choices", "Consent", "PlanRequest"),
    "sync.service.run": ("Run",),
    "sync.service.sheet_port": ("Delivery", "SheetSource"),
    "sync.service.shop": ("Shop",),
}
"""Where each name lives: it is loaded when it is first asked for, so that `import sync` costs next to nothing."""
_BY_NAME = {name.split(" as ")[-1]: (home, name.split(" as ")[0]) for home, names in _HOMES.items() for name in names}

__all__ = [
    "Checked",
    "Choices",
    "Consent",
    "Delivered",
    "Delivery",
    "Event",
    "GatewayDown",
    "GuardTripped",
    "Locked",
    "NeedsWorksheet",
    "Overtaken",
    "Plan",
    "PlanRequest",
    "Reading",
    "Refusal",
    "RowEnded",
    "Run",
    "RunSummary",
    "Sent",
    "SheetSource",
    "Shop",
    "StateDown",
    "Unfinished",
    "Warned",
    "WrongShop",
    "__version__",
]


def __getattr__(name: str) -> object:
    """Load a name of the face from where it lives. Raises AttributeError for one that isn't of the face."""
    if name not in _BY_NAME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    home, original = _BY_NAME[name]
    return getattr(import_module(home), original)

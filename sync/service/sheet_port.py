"""What the service asks of a sheet, wherever it is kept, and what a sheet may ask of its shop."""

from __future__ import annotations

from abc import ABC, abstractmethod
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from sync.apply.executor import Clock
    from sync.apply.run import RunReport
    from sync.config import Profile
    from sync.messages import Language, Message, Worded
    from sync.sheet.file_version import Version
    from sync.sheet.headers import Vocabulary
    from sync.sheet.read import Sheet
    from sync.state.store import Store


class SheetFinder(Protocol):
    """Finds a sheet by its place."""

    def __call__(self, place: str, /) -> SheetSource:
        """Return the sheet that is, or was, at `place`."""


class SheetShop(Protocol):
    """What a sheet may ask of the shop that it is of. A `Context` is one."""

    @property
    def profile(self) -> Profile:
        """The settings."""

    @property
    def categories(self) -> tuple[tuple[str, str], ...]:
        """The categories that are allowed."""

    @property
    def sheet_language(self) -> Language:
        """The language written into sheets."""

    @property
    def store(self) -> Store:
        """The state."""

    @property
    def sheets(self) -> SheetFinder:
        """Finds a sheet by its place."""

    @property
    def clock(self) -> Clock:
        """The time."""


def vocabulary_of(shop: SheetShop) -> Vocabulary:
    """Return what the headers of a shop's sheets mean: those that its profile maps, and of listings those of SKUs."""
    from sync.sheet.headers import Vocabulary

    return Vocabulary.of(shop.profile.columns, skus=shop.profile.channel == "shop")


@dataclass(frozen=True)
class Delivery:
    """What became of a run's results."""

    reached: bool
    """Whether the staff's own sheet has them."""
    said: tuple[Message, ...] = ()
    """Where they are."""
    warnings: tuple[Worded, ...] = ()
    """What a person should know, or do, about them."""


class SheetSource(ABC):
    """A sheet that can be read, and that takes the results of a run. A new kind of sheet is one more of these."""

    @property
    @abstractmethod
    def place(self) -> str:
        """Where it is: what a `SheetFinder` finds it by, and what `history` and `show` print. A file's whole path."""

    @property
    @abstractmethod
    def name(self) -> str:
        """What people call it."""

    @property
    @abstractmethod
    def is_there(self) -> bool:
        """Whether it can be found now: last year's may be anywhere."""

    @abstractmethod
    def read(self, shop: SheetShop, worksheet: str | None) -> Sheet:
        """Read it as the profile has it: its own headers, and its own categories.

        Raises Refusal for what can't be read, and NeedsWorksheet where nobody says which one is meant.
        """

    @abstractmethod
    def deliver(self, shop: SheetShop, done: RunReport, sheet: Sheet | None = None) -> Delivery:
        """Take the results of a run, and tell the state which 库存增减 cells are surely cleared by that.

        `sheet`: as it was read for this run; None: it is looked at anew. Once it has the results of a run that was
        made from it, it marks that run as delivered. It raises nothing: results that can't be placed stay in state,
        and the `Delivery` says so.
        """

    def bears(self) -> str | None:
        """Return the id that stands in it as it is now; "": none does, None: it can't be found."""
        return "" if self.is_there else None

    def digest(self) -> str:
        """Return the SHA-256 of its content where its place says nothing, as of an upload; "": it is kept there."""
        return ""

    def version(self) -> Version | None:
        """Return what tells this state of it from any later one, as `Sheet.version` has it; None: it isn't there."""
        return None

    def opened(self) -> Message | None:
        """Say that a program has it open, and what to do; None: none has."""
        return None

    def homeless(self, sheet: Sheet) -> Message | None:
        """Say why results would find no place in it; None: they find one."""
        return None

    def held(self, sheet: Sheet) -> AbstractContextManager[None]:
        """Hold it as it was read. Raises Locked while another process holds it, Overtaken if it was saved since."""
        return nullcontext()

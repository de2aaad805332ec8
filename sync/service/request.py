"""What a face asks for, and what a person allows, in one type each."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sync.errors import Refusal
from sync.messages import say
from sync.plan.guards import NAMES, unknown_names
from sync.plan.options import Choices
from sync.service.sheets import sheet_source

if TYPE_CHECKING:
    from sync.service.sheet_port import SheetSource
    from sync.service.sheets import AnySheet


__all__ = ["NAMES", "Choices", "Consent", "PlanRequest", "unknown_names"]


@dataclass(frozen=True)
class PlanRequest:
    """What a person asked to be planned."""

    sheet: AnySheet
    """A path, a DataFrame with the sheet's headers, or any other `SheetSource`."""
    worksheet: str | None = None
    choices: Choices = field(default_factory=Choices)
    writes: bool = False
    """The plan is to be carried out: an unfinished run, or an authorization that only reads, is refused at once."""
    saved: bool = False
    """A saved plan asks: its sheet may have lost rows since."""
    by_profile: bool = False
    """Nobody said which items are read: the profile's `full_every` does."""

    @property
    def source(self) -> SheetSource:
        """Where the sheet is read from."""
        return sheet_source(self.sheet)


@dataclass(frozen=True)
class Consent:
    """What a person allows of a plan."""

    by: str = ""
    """Who."""
    guards: tuple[str, ...] = ()
    """The guards that may be tripped, by name; `all`: every one."""
    delete: bool = False
    """Whether items may be deleted."""

    def __post_init__(self) -> None:
        """Take one name for a tuple of it. Raises Refusal for a name that no guard has, and for other types."""
        # Of another type "no" would be true.
        for name, given, kind in (("by", self.by, str), ("delete", self.delete, bool)):
            if not isinstance(given, kind):
                raise Refusal(say("consent.kind", name=name, kind=kind.__name__, given=type(given).__name__))
        object.__setattr__(self, "guards", guards_of(self.guards))


def guards_of(given: object) -> tuple[str, ...]:
    """Return the guards that are consented to, where one alone may be given. Raises Refusal for an unknown name."""
    # A text is asked for its letters else: "small" would say "all".
    names = names_of(given)
    if unknown := unknown_names(names):
        raise Refusal(say("consent.guards", unknown=", ".join(unknown), known=", ".join(NAMES)))
    return names


def choices_of(
    *,
    only: object,
    on_conflict: str,
    on_drift: str,
    refresh: str | None,
    rekey: bool,
    republish: bool,
    as_new: object,
) -> Choices:
    """Return what the words of the options mean; `only`: None: all rows. Raises Refusal for a word that is none.

    `refresh`: None: nobody said, see `PlanRequest.by_profile`.
    """
    return Choices(
        skip_conflicts=one_of("on_conflict", on_conflict, "sheet", "skip") == "skip",
        skip_drift=one_of("on_drift", on_drift, "sheet", "skip") == "skip",
        rekey=rekey,
        republish=republish,
        as_new=frozenset(names_of(as_new)),
        changed_only=refresh is not None and one_of("refresh", refresh, "all", "changed") == "changed",
        only=None if only is None else frozenset(names_of(only)),
    )


def names_of(given: object) -> tuple[str, ...]:
    """Return codes or names, of which a program may have given one alone, each as text."""
    if isinstance(given, str | bytes) or not isinstance(given, Iterable):
        given = (given,)
    return tuple(str(one) for one in given)


def one_of(name: str, given: object, *choices: str) -> str:
    """Return what was given for an option. Raises Refusal for what is none of its choices."""
    if given not in choices:
        raise Refusal(say("plan.choice", name=name, choices=" / ".join(choices), value=str(given)))
    return str(given)

"""The shape of the JSON that plans and runs are printed and saved as (docs/reference/json.md), and its JSON Schema.

A reader ignores names that it doesn't know, and refuses a major version that it doesn't know. So a new name makes a
new minor version, and what would break a reader makes a new major one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NotRequired

from typing_extensions import TypedDict

from sync.call import Outcome, Result
from sync.errors import Refusal
from sync.json_schemas import schema_of_type
from sync.messages import Level, say
from sync.plan.plan import Action, Verdict
from sync.rule import RuleKind

FORMAT_VERSION = "1.0"
"""`MAJOR.MINOR`. A document without one is of version 1.0."""


class ShopDocument(TypedDict):
    """The shop that a document is about."""

    profile: str
    gateway: str
    seller: str
    """The nick of the seller who authorized; empty where the platform hasn't said."""


class SummaryDocument(TypedDict):
    """A plan in numbers of rows; `calls` counts the API calls that applying it makes."""

    rows: int
    publish: int
    update: int
    delete: int
    none: int
    invalid: int
    blocked: int
    drift: int
    conflict: int
    stale: int
    calls: int


class IgnoredDocument(TypedDict):
    """A column of the sheet that isn't read."""

    column: str
    """Its letter, such as `F`."""
    header: str
    meant: str | None
    """The header that it may be meant for."""


class NoteDocument(TypedDict):
    """What is said once of the whole sheet."""

    code: str
    message: str


ChangeDocument = TypedDict(
    "ChangeDocument",
    {
        "path": str,
        "from": object,
        "to": object,
        "kind": Literal[Verdict.EDIT, Verdict.DRIFT, Verdict.CONFLICT, Verdict.STALE],
    },
)
"""One path, from → to, and why. Ids and prices are strings (`"19.90"`), counts are numbers; null: absent."""


class CallDocument(TypedDict):
    """One API call, spelt as the platform's."""

    method: str
    params: dict[str, object]


class CallMadeDocument(CallDocument):
    """One API call, and what became of it."""

    outcome: Outcome
    request_id: str | None
    error: str | None


class ProblemDocument(TypedDict):
    """Something a person should know about a row."""

    cell: str | None
    """Such as `E12`; null: the whole row."""
    code: str
    level: Level
    message: str


class RuleDocument(TypedDict):
    """The rule that decides about a row's status."""

    kind: RuleKind
    name: str
    """Empty where it is a cell of the row."""
    cell: str | None
    """Where it stands, such as `F12`."""
    status: object
    """1 on sale, 0 off sale, -1 deleted."""


class PlannedRowDocument(TypedDict):
    """One row of a plan."""

    row: int
    """Its number in the sheet."""
    outer_id: str
    sku: NotRequired[str]
    """SKU编码, where the row is one SKU of a listing."""
    item_id: str | None
    """Null: it has none yet."""
    action: Action
    changes: list[ChangeDocument]
    calls: list[CallDocument]
    """In their order."""
    problems: list[ProblemDocument]
    rule: NotRequired[RuleDocument]
    """Only where rules have something to say of its status."""


class EndedRowDocument(TypedDict):
    """One row of a run. What was planned stands in it where the plan is at hand: in what `apply` and `undo` print."""

    row: int
    """Its number in the sheet."""
    outer_id: str
    sku: NotRequired[str]
    """SKU编码, where the row is one SKU of a listing."""
    item_id: str | None
    action: NotRequired[Action]
    changes: NotRequired[list[ChangeDocument]]
    result: Result
    note: str
    """What was done, or why it wasn't and what to do; empty: nothing to say."""
    calls: list[CallMadeDocument]
    problems: NotRequired[list[ProblemDocument]]
    rule: NotRequired[RuleDocument]


class PlanDocument(TypedDict):
    """What `plan --json` prints, and `plan -o` saves."""

    format_version: str
    """`MAJOR.MINOR`. Ignore names that you don't know; refuse a major version that you don't know."""
    shop: NotRequired[ShopDocument]
    summary: SummaryDocument
    guards: list[str]
    """The guards that the plan trips: each needs a person's consent."""
    ignored: list[IgnoredDocument]
    notes: NotRequired[list[NoteDocument]]
    rows: list[PlannedRowDocument]


class RunDocument(TypedDict):
    """What `apply`, `undo`, `resume`, `abandon` and `show` print with `--json`; `apply` and `undo` with the plan."""

    format_version: str
    """`MAJOR.MINOR`. Ignore names that you don't know; refuse a major version that you don't know."""
    shop: NotRequired[ShopDocument]
    run: int | None
    """The run's number; null: nothing was run."""
    by: NotRequired[str]
    """Who consented to it; empty: not known."""
    sheet: NotRequired[str]
    """Where its sheet was."""
    sheet_id: NotRequired[str]
    """Which sheet it was, wherever that is by now."""
    started_at: NotRequired[str]
    """A moment as ISO 8601 writes it, with its zone."""
    finished_at: NotRequired[str | None]
    """Null: the run isn't finished."""
    undoes: NotRequired[int | None]
    """The run that this one reverses."""
    undone_by: NotRequired[list[int]]
    """The runs that reversed this one, or a part of it."""
    results: NotRequired[dict[Result, int]]
    """Rows by result."""
    summary: NotRequired[SummaryDocument]
    guards: NotRequired[list[str]]
    ignored: NotRequired[list[IgnoredDocument]]
    notes: NotRequired[list[NoteDocument]]
    rows: list[EndedRowDocument]
    answers: NotRequired[dict[str, Literal["happened", "not", "skip"]]]
    """What a person answered, by code."""


def json_schema(of: Literal["plan", "run"]) -> dict[str, object]:
    """Return the JSON Schema (2020-12) of a plan's or a run's document."""
    root = PlanDocument if of == "plan" else RunDocument
    return schema_of_type(root, f"itemsync {of} {FORMAT_VERSION}")


def refuse_other_major(document: Mapping[str, object], file: str) -> None:
    """Raise Refusal for a document of a major version that this program doesn't know."""
    version = document.get("format_version", FORMAT_VERSION)
    if str(version).partition(".")[0] != FORMAT_VERSION.partition(".")[0]:
        raise Refusal(say("saved.other_format", file=file, version=version, known=FORMAT_VERSION))

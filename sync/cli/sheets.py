"""`itemsync check` and `template`: what needs only the sheet."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sync.cli.app_context import AppContext
from sync.cli.options import JsonOption, SheetArgument, WorksheetOption
from sync.errors import Refusal
from sync.fields import INVENTORY
from sync.item import Status
from sync.messages import Level, Problem, say

if TYPE_CHECKING:
    from sync.plan.identity import Memory
    from sync.sheet.read import Sheet


def add_to(app: typer.Typer) -> None:
    """Add this file's commands."""
    app.command()(check)
    app.command()(template)


def check(
    context: typer.Context, sheet: SheetArgument, worksheet: WorksheetOption = None, json: JsonOption = False
) -> int:
    """Look for mistakes in the sheet, cell by cell; nothing is sent anywhere."""
    from sync.cli.choosing import choosing
    from sync.plan.look_alikes import look_alikes
    from sync.report import terminal
    from sync.service.reading import opened, read, silent
    from sync.service.rules import all_rules
    from sync.sheet.writeback.rehearsal import rehearse

    app: AppContext = context.obj
    said = choosing(app, worksheet, lambda chosen: read(app, sheet, chosen))
    memory = app.memory_at_hand()
    alike = look_alikes(said.rows, memory)
    doubled = [*_doubled(app, sheet, said, memory)]
    found = [*_problems(said, alike), *doubled, *_incomplete(app, said, memory)]
    if open_now := opened(sheet):
        found.append((None, Problem(None, open_now, Level.NOTE)))
    if homeless := rehearse(sheet, said):
        found.append((None, Problem(None, homeless, Level.WARNING)))
    invalid = sum(row.invalid for row in said.rows) + len(doubled)
    app.say(say("cli.checked", rows=len(said.rows), invalid=invalid))
    terminal.problems(found, app.language, app.out)
    rules = all_rules(app, said, shown=not json)
    if said.silent and not rules:
        raise silent(said, sheet)
    if json:
        app.document(_document(app, said, found, invalid))
    return 1 if invalid or alike else 0


def template(
    context: typer.Context,
    out: Annotated[Path, typer.Argument(metavar="OUT.xlsx", help="help.out", show_default=False)],
) -> None:
    """Make a blank workbook with drop-downs and notes."""
    from sync.fields import category_table
    from sync.sheet.making.template import write_template

    app: AppContext = context.obj
    if out.suffix.lower() != ".xlsx":
        raise Refusal(say("cli.xlsx_only", file=out))
    if out.exists():
        raise Refusal(say("cli.exists", file=out))
    try:
        write_template(out, app.sheet_language, (*category_table(), *app.profile.categories))
    except FileExistsError:
        raise Refusal(say("cli.exists", file=out)) from None
    except OSError:
        raise Refusal(say("cli.unwritable", file=out)) from None
    app.say(say("cli.saved", file=out))


def _problems(sheet: Sheet, alike: Mapping[int, Problem]) -> list[tuple[int | None, Problem]]:
    of_rows: list[tuple[int | None, Problem]] = [
        (row.number, problem)
        for place, row in enumerate(sheet.rows)
        for problem in (*row.problems, *([alike[place]] if place in alike else []))
    ]
    return [*of_rows, *((None, problem) for problem in (*sheet.problems, *sheet.rules.problems))]


def _doubled(app: AppContext, file: Path, sheet: Sheet, memory: Memory) -> Iterator[tuple[int | None, Problem]]:
    """Tell of rows whose 库存 was edited beside a 库存增减."""
    from sync.apply.stock_moves import made_of
    from sync.plan.stamps import repeated
    from sync.plan.stock_cells import two_counts

    both = [row for row in sheet.rows if row.stock_change is not None and INVENTORY in row.cells and not row.invalid]
    codes = {row.number: memory.spelling(row.outer_id) for row in both}
    made = made_of(app.store, codes.values()) if memory.baselines else {}
    for row in both:
        code = codes[row.number]
        repeats = repeated(row, made.get(code, ()), str(file.resolve()))
        if problem := two_counts(row, memory.baselines.get(code), repeats):
            yield row.number, problem


def _incomplete(app: AppContext, sheet: Sheet, memory: Memory) -> Iterator[tuple[int | None, Problem]]:
    """Tell what new rows lack, which would be published if they could be; without a state any may be new."""
    from sync.fields import STATUS, PathNames
    from sync.plan.publish import missing

    if not app.profile.abilities.publishes:
        return
    lacking = [
        (row.number, lacks)
        for row in sheet.rows
        if row.outer_id and not (row.item_id or row.invalid or memory.knows(row.outer_id))
        if row.cells.get(STATUS) != Status.DELETED and (lacks := missing(row))
    ]
    if memory.baselines:
        for number, lacks in lacking:
            yield number, Problem(None, say("check.new_row", fields=PathNames(lacks)), Level.NOTE)
    elif lacking:
        fields = PathNames(tuple(dict.fromkeys(path for _, lacks in lacking for path in lacks)))
        yield None, Problem(None, say("check.without_ids", count=len(lacking), fields=fields), Level.NOTE)


def _document(
    app: AppContext, sheet: Sheet, found: list[tuple[int | None, Problem]], invalid: int
) -> dict[str, object]:
    """DESIGN section 9; what is merely worth knowing is listed, and not counted as a problem."""
    from sync.plan.document import problem_document

    counted = sum(problem.level is not Level.NOTE for _, problem in found)
    return {
        "summary": {"rows": len(sheet.rows), "invalid": invalid, "problems": counted},
        "problems": [{"row": number, **problem_document(problem, app.language)} for number, problem in found],
    }

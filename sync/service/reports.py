"""The report of a run: a page and a workbook, in a folder."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from platformdirs import user_data_path

from sync.atomic_files import write_whole
from sync.item import SHOP_TIME
from sync.report.page import html_page
from sync.report.workbook import write_report
from sync.service.context import Context
from sync.service.run import Run
from sync.service.shop_identity import shop_words
from sync.service.stock_history import weekly_stocks


class Report(NamedTuple):
    """The files of a report."""

    page: Path
    workbook: Path


def write_reports(run: Run, folder: Path) -> Report | None:
    """Write the report of a run into `folder`; None: that can't be done. The run itself is done all the same."""
    context = run.context
    at, shop, sheet = context.clock.now().astimezone(SHOP_TIME), shop_words(context), run.sheet_name
    report = Report(folder / f"run-{run.id}.html", folder / f"run-{run.id}.xlsx")
    language = context.sheet_language

    def histories(codes: Collection[str]) -> Mapping[str, Sequence[int | None]]:
        return weekly_stocks(context.store, codes, context.clock.now())

    try:
        folder.mkdir(parents=True, exist_ok=True)
        page = html_page(run.plan, language, at, sheet, run.results, workbook=report.workbook.name, shop=shop)
        write_whole(report.page, page.encode())
        write_report(
            report.workbook, run.plan, run.results, language, at=at, sheet=sheet, shop=shop, histories=histories
        )
    except OSError:
        return None
    return report


def usual_folder(context: Context) -> Path:
    """Return where reports go if nobody says: a folder for each state, because each counts its runs from 1."""
    state = context.store.file or user_data_path("itemsync", appauthor=False) / context.profile.profile
    return state.with_name(f"{state.stem}-reports")

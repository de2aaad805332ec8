"""What a person answered about a 库存增减 that got lost: part of what its run did
(docs/reference/outcomes.md#answers)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import insert, select

from sync.item import Baseline
from sync.state.baselines import put_baselines
from sync.state.changes import answer_change
from sync.state.store import Store
from sync.state.tables import ANSWERS

Answer = Literal["happened", "not", "skip"]
MADE: tuple[Answer, ...] = ("happened", "skip")
"""Answers after which the move is never sent again."""


@dataclass(frozen=True)
class AnswerRecord:
    """One answer."""

    run: int
    """The run whose move was lost."""
    row: int
    outer_id: str
    moved_by: int
    """Units."""
    answer: Answer
    at: datetime


def put_answers(store: Store, answered: Sequence[AnswerRecord], baselines: Mapping[str, Baseline]) -> None:
    """Keep answers, and what is remembered of their items by them, in one transaction."""
    with store.writing() as connection:
        put_baselines(connection, store.profile, baselines)
        if rows := [{**asdict(one), "profile": store.profile} for one in answered]:
            connection.execute(insert(ANSWERS), rows)
        for one in answered:
            if one.answer != "skip":
                answer_change(connection, store.profile, one.run, one.row, made=one.answer == "happened")


def answers_of(store: Store, run: int) -> Mapping[int, AnswerRecord]:
    """Return what was answered about a run, by row."""
    with store.engine.connect() as connection:
        mine = select(ANSWERS).where(ANSWERS.c.profile == store.profile, ANSWERS.c.run == run)
        return {row.row: _answered(row) for row in connection.execute(mine)}


def moves_taken_as_made(store: Store) -> Sequence[AnswerRecord]:
    """Return the lost moves of this profile that are never to be made again, by what a person said; oldest first."""
    mine = (ANSWERS.c.profile == store.profile) & ANSWERS.c.answer.in_(MADE)
    with store.engine.connect() as connection:
        return [_answered(row) for row in connection.execute(select(ANSWERS).where(mine).order_by(ANSWERS.c.run))]


def _answered(row: object) -> AnswerRecord:
    values = row._asdict()  # type: ignore[attr-defined]
    del values["profile"]
    return AnswerRecord(**values)

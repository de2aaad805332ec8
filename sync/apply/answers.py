"""A person's answer about a 库存增减 of which nobody knew whether it happened
(docs/reference/outcomes.md#answers)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import get_args

from sync.apply.run import results_of
from sync.call import Call, Op, Result
from sync.codes import key_words
from sync.errors import Refusal
from sync.fields import INVENTORY
from sync.item import Baseline, Item
from sync.messages import Message, say
from sync.plan.effect import after
from sync.plan.holds import unanswered
from sync.remembered import Hold
from sync.state.answers import MADE, Answer, AnswerRecord, put_answers
from sync.state.store import Store

ANSWERS: tuple[Answer, ...] = get_args(Answer)


def open_questions(store: Store) -> Mapping[str, Baseline]:
    """Return the codes that are held until a person answers, with what is remembered of them."""
    return {code: known for code, known in store.held().items() if known.hold and known.hold.unknown}


def questions(store: Store) -> Mapping[str, Message]:
    """Return what a person is asked, by code, each with the command by which to answer."""
    held = {code: known.hold for code, known in open_questions(store).items() if known.hold}
    return {
        key_words(key): say("answer.question", code=key_words(key), story=unanswered(hold, key))
        for key, hold in held.items()
    }


def answer(store: Store, answers: Mapping[str, Answer], at: datetime) -> None:
    """Take a person's answers, all or none. Raises Refusal for a code about which nothing is asked.

    `happened`: the cell is to be cleared, and until then the row is blocked. `not`: the next apply makes the change.
    `skip`: nobody knows and the change is given up: as `happened`, it is never sent again; but no undo takes it back.
    """
    asked = open_questions(store)
    named = {key_words(key): key for key in asked}
    answers = {key if key in asked else named.get(key, key): said for key, said in answers.items()}
    if unasked := [code for code in answers if code not in asked]:
        raise Refusal(say("answer.not_asked", codes=", ".join(unasked), open=", ".join(named) or "-"))
    if wrong := [f"{code}={said}" for code, said in answers.items() if said not in ANSWERS]:
        raise Refusal(say("answer.none", given=", ".join(wrong), answers=" / ".join(ANSWERS)))
    kept = [_kept(store, code, asked[code], said, at) for code, said in answers.items()]
    put_answers(store, kept, {code: _answered(asked[code], said) for code, said in answers.items()})


def _kept(store: Store, code: str, known: Baseline, said: Answer, at: datetime) -> AnswerRecord:
    assert known.hold is not None  # noqa: S101
    run, by = known.hold.run, known.hold.by
    # The row may have another code by now; its item is the same.
    lost = [row for row in results_of(store, run) if row.result is Result.UNKNOWN]
    row = next((row for row in lost if code == row.key or known.item_id == row.item_id), None)
    return AnswerRecord(run, row.row if row else 0, code, by, said, at)


def _answered(known: Baseline, said: Answer) -> Baseline:
    hold = known.hold
    assert hold is not None  # noqa: S101
    # No cell asked for an undo's move, so none is to be cleared.
    stands = hold.under if hold.undo or said not in MADE else replace(hold, unknown=False)
    return replace(known, hold=stands, remote=_now_known(known.remote, hold, said))


def _now_known(remote: Item, hold: Hold, said: Answer) -> Item:
    """Return the last remote: a move that happened, or was looked at by a person, is no sale at the next plan."""
    if said == "happened" and hold.before is not None and hold.before + hold.by >= 0:
        return after(Call(Op.STOCK, by=hold.by), {**remote, INVENTORY: hold.before})
    return {**remote, INVENTORY: hold.seen} if said == "skip" and hold.seen is not None else remote

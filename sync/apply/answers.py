"""A person's answer about a 库存增减 of which nobody knew whether it happened (DESIGN section 6)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Literal, get_args

from sync.item import Baseline
from sync.messages import Refusal, say
from sync.state.store import Store

Answer = Literal["happened", "not", "skip"]
ANSWERS: tuple[Answer, ...] = get_args(Answer)


def open_questions(store: Store) -> Mapping[str, Baseline]:
    """Return the codes that are held until a person answers, with what is remembered of them."""
    return {code: known for code, known in store.baselines().items() if known.hold and known.hold.unknown}


def answer(store: Store, answers: Mapping[str, Answer]) -> None:
    """Take a person's answers, all or none. Raises Refusal for a code about which nothing is asked.

    `happened`: the cell is to be cleared, and until then the row is blocked. `not`: the next apply makes the change.
    `skip`: nobody knows and the change is given up: as `happened`, it is never sent again.
    """
    asked = open_questions(store)
    if unasked := [code for code in answers if code not in asked]:
        raise Refusal(say("answer.not_asked", codes=", ".join(unasked), open=", ".join(asked) or "-"))
    store.put({code: _answered(asked[code], said) for code, said in answers.items()})


def _answered(known: Baseline, said: Answer) -> Baseline:
    hold = replace(known.hold, unknown=False) if known.hold and said != "not" else None
    return replace(known, hold=hold)

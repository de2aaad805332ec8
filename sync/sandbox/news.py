"""The platform's messages: what it tells of a seller's listings, to whoever asks (`taobao.tmc.*`).

All of it is *assumed* from SDKs (docs/explanation/platform.md#messages).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sync.item import SHOP_TIME
from sync.sandbox import document as doc
from sync.sandbox.assumptions import Assumptions
from sync.sandbox.database import Database

PREFIX = "taobao_item_"
TAKEN_FOR = timedelta(minutes=10)
"""A message that was taken and not confirmed comes again after this long."""
_EVERY = 2
"""Where messages are lost: one of so many is."""


@dataclass(frozen=True)
class MessageQueue:
    """The messages of one seller that wait to be taken and confirmed."""

    database: Database
    clock: Callable[[], datetime]
    assumptions: Assumptions = field(default_factory=Assumptions)

    def permit(self) -> None:
        """The seller wants messages from now on."""
        with self.database.writing():
            self.database.rows("INSERT OR REPLACE INTO permits VALUES (1)")

    def post(self, topic: str, said: Mapping[str, object]) -> None:
        """Tell of a change, where the seller wants messages."""
        if self.assumptions.messages_need_permit and self.database.row("SELECT 1 FROM permits") is None:
            return
        with self.database.writing():
            query = "INSERT INTO messages (topic, content, at, taken, left) VALUES (?, ?, ?, 0, ?) RETURNING id"
            # What comes twice is delivered once more after it was confirmed.
            times = 2 if self.assumptions.messages_twice else 1
            row = (PREFIX + topic, doc.write(said), self.clock().timestamp(), times)
            (number,) = self.database.row(query, row)
            if self.assumptions.messages_lost and number % _EVERY:
                self.database.rows("DELETE FROM messages WHERE id = ?", (number,))

    def take(self, most: int) -> list[Mapping[str, object]]:
        """Hand out up to `most` messages; each comes again later unless it is confirmed."""
        now = self.clock().timestamp()
        order = "DESC" if self.assumptions.messages_out_of_order else "ASC"
        with self.database.writing():
            query = f"SELECT id, topic, content, at FROM messages WHERE taken <= ? ORDER BY id {order} LIMIT ?"  # noqa: S608
            found = self.database.rows(query, (now - TAKEN_FOR.total_seconds(), most))
            self._update("taken = ?", [number for number, *_ in found], now)
        return [_message(*row) for row in found]

    def confirm(self, numbers: Sequence[int]) -> None:
        """Don't hand these out again."""
        with self.database.writing():
            self._update("left = left - 1, taken = 0", numbers)
            self.database.rows("DELETE FROM messages WHERE left < 1")

    def _update(self, change: str, numbers: Iterable[int], *values: object) -> None:
        for number in numbers:
            self.database.rows(f"UPDATE messages SET {change} WHERE id = ?", (*values, number))  # noqa: S608


def _message(number: int, topic: str, content: str, at: float) -> Mapping[str, object]:
    told = datetime.fromtimestamp(at, SHOP_TIME).strftime("%Y-%m-%d %H:%M:%S")
    return {"id": number, "topic": topic, "pub_time": told, "content": content}

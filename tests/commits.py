"""The moment before a commit, at which a process could die."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import Connection, Engine, event

from sync.state.one_message import END


def before_each_commit(engine: Engine, do: Callable[[str], object]) -> Callable[[], None]:
    """Call `do` just before each commit, with the last statement before it; return what puts an end to that."""

    def note(connection: Connection, _: object, statement: str, *__: object) -> None:
        # SQLAlchemy tells of the commit of a message only once it is made.
        if statement == END:
            do(str(connection.info.get("said", "")))
        connection.info["said"] = statement

    def by_itself(connection: Connection) -> None:
        if (said := connection.info.get("said", "")) != END:
            do(said)

    def end() -> None:
        event.remove(engine, "before_cursor_execute", note)
        event.remove(engine, "commit", by_itself)

    event.listen(engine, "before_cursor_execute", note)
    event.listen(engine, "commit", by_itself)
    return end

"""What people were told of, so that each change is told once, by one machine."""

from __future__ import annotations

from sqlalchemy import ColumnElement, insert, select, update
from sqlalchemy.exc import IntegrityError

from sync.state.store import Store
from sync.state.tables import NOTICES


def marked(store: Store, kind: str, subject: str) -> str | None:
    """Return how it stood when it was told last; None: nothing was ever told."""
    with store.engine.connect() as connection:
        mark = connection.execute(select(NOTICES.c.mark).where(_of(store, kind, subject))).scalar()
        return None if mark is None else str(mark)


def mark(store: Store, kind: str, subject: str, before: str | None, after: str) -> bool:
    """Write how it stands now; False: another machine has done so since `before` was read.

    Compare-and-set: whoever gets true is the one to tell.
    """
    key = {"profile": store.profile, "kind": kind, "subject": subject}
    try:
        with store.writing() as connection:
            if before is None:
                connection.execute(insert(NOTICES), {**key, "mark": after})
                return True
            unchanged = _of(store, kind, subject) & (NOTICES.c.mark == before)
            return connection.execute(update(NOTICES).where(unchanged).values(mark=after)).rowcount == 1
    except IntegrityError:
        return False


def _of(store: Store, kind: str, subject: str) -> ColumnElement[bool]:
    return (NOTICES.c.profile == store.profile) & (NOTICES.c.kind == kind) & (NOTICES.c.subject == subject)

"""A transaction that goes to a server, and is answered, as one message."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

# Where a statement failed, the driver says so once more by itself.
logging.getLogger("psycopg").addHandler(logging.NullHandler())

END = "COMMIT"
"""What ends the message. What SQLAlchemy does at a transaction's end comes later, and finds nothing left to do."""


@contextmanager
def in_one_message(connection: Connection) -> Iterator[None]:
    """Send the whole transaction together; nothing can be read in it.

    An answer to each statement would be waited for, and then for the processor, which other threads have by that
    time. After a statement that fails the server heeds none, nor the end. Raises SQLAlchemyError. A file, and
    a server by a client library of before PostgreSQL 14, is written to as ever.
    """
    if connection.dialect.name == "sqlite" or not connection.dialect.loaded_dbapi.Pipeline.is_supported():
        yield
        return
    server: Any = connection.connection.driver_connection
    errors = connection.dialect.loaded_dbapi.Error
    try:
        # Or the driver begins by itself, and waits for the answer.
        server.autocommit = True
        with server.pipeline():
            server.execute("BEGIN")
            yield
            connection.exec_driver_sql(END)
        server.autocommit = False
    except BaseException as error:
        # Whatever it was cut off in, nobody else begins there.
        connection.invalidate()
        if isinstance(error, errors):
            raise DBAPIError.instance(None, None, error, errors, connection_invalidated=True) from None
        raise
